"""Train a model: `python train.py --help`."""

import sys

from tfgmmgan.cli import main

if __name__ == "__main__":
    sys.exit(main("train"))
