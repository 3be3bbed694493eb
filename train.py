"""Train a model: `python train.py --help`."""

import sys

try:
    from tfgmmgan.cli import main
except KeyboardInterrupt:  # TensorFlow takes seconds to come
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main("train"))
