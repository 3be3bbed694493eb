"""Options that several commands take."""

from argparse import ArgumentParser

__all__ = ["add_checkpoint"]


def add_checkpoint(parser: ArgumentParser) -> None:
    """Add `--checkpoint`."""
    parser.add_argument(
        "--checkpoint",
        choices=("last", "best"),
        default="last",
        help="the last epoch, or the best by the label-free criterion (default: %(default)s)",
    )
