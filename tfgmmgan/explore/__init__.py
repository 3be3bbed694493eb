"""A page in the browser to play with a trained run."""

from tfgmmgan.explore.explorer import Explorer
from tfgmmgan.explore.server import make_server

__all__ = ["Explorer", "make_server"]
