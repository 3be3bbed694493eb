"""Defaults of `--dataset NAME`, one YAML file for each."""
