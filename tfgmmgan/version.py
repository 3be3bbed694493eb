"""The version, which run directories and scorecards name."""

__version__ = "0.2.0"
