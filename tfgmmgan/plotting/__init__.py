"""Pictures: samples by mode, interpolations between two and among three modes, reconstructions."""

from tfgmmgan.plotting.figures import write_figures
from tfgmmgan.plotting.grid import image_grid
from tfgmmgan.plotting.modes import pair_weights, triple_weights
from tfgmmgan.plotting.points import panels, point_figures, scatter

__all__ = ["image_grid", "pair_weights", "panels", "point_figures", "scatter", "triple_weights", "write_figures"]
