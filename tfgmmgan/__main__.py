"""`python -m tfgmmgan {train,evaluate,sample}`."""

import sys

from tfgmmgan.cli import main

if __name__ == "__main__":
    sys.exit(main())
