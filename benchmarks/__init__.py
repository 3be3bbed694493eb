"""Measurements that back what the docs say; each is a command that prints a table and writes JSON."""
