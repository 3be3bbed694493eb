"""What turns examples into features or clusters, and what trains it."""
