"""Small things that every package may use: errors, files, randomness, registries, replicas."""
