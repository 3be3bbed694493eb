"""Measure trained runs: `python evaluate.py --help`."""

import sys

from tfgmmgan.cli import main

if __name__ == "__main__":
    sys.exit(main("evaluate"))
