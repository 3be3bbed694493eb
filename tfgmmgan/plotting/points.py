"""The figures of a model of points."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from tfgmmgan.data import ImageData
from tfgmmgan.models import LatentGAN
from tfgmmgan.plotting.modes import SCALES, SEED, modes_shown, pair_weights

__all__ = ["panels", "point_figures", "scatter"]

NUM_POINTS = 2000
Panel = Callable  # draws on matplotlib axes


def panels(draws: list[Panel], titles: list[str], columns: int, side: float = 4.0) -> Image.Image:
    """Return a picture of square panels of `side` inches in rows; each is drawn on the matplotlib axes it is given."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = -(-len(draws) // columns)
    figure = Figure(figsize=(side * columns, (side + 0.3) * rows), layout="constrained")  # with room for the titles
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for place, draw, title in zip(axes, draws, titles, strict=False):
        draw(place)
        place.set_title(title, fontsize=10)
    for place in axes[len(draws) :]:
        place.set_axis_off()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def plane(points: np.ndarray) -> np.ndarray:
    """Return the first two coordinates of points, (n, p) -> (2, n); the second is 0 where there is one alone."""
    return np.pad(points, [(0, 0), (0, max(0, 2 - points.shape[1]))])[:, :2].T


def scatter(points: np.ndarray, real: np.ndarray | None = None, ids: np.ndarray | None = None) -> Panel:
    """Return a panel of points, coloured by component where `ids` are given, over real ones in grey."""

    def draw(axes) -> None:  # noqa: ANN001
        if real is not None:
            axes.scatter(*plane(real), s=3, c="0.75")
            low, high = plane(real).min(axis=1), plane(real).max(axis=1)
            margin = np.maximum(0.25 * (high - low), 0.1 * (high - low).max())
            axes.set(xlim=(low[0] - margin[0], high[0] + margin[0]), ylim=(low[1] - margin[1], high[1] + margin[1]))
        colours = {"c": "tab:blue"} if ids is None else {"c": ids, "cmap": "turbo"}
        axes.scatter(*plane(points), s=3, **colours)
        axes.set_aspect("equal")

    return draw


def point_figures(model: LatentGAN, data: ImageData) -> dict[str, Callable[[], Image.Image]]:
    """Return a model's figures by kind, each drawn when it is called."""
    k = model.prior.num_components
    modes = modes_shown(model)
    real = data.train.take(NUM_POINTS)

    def generated(scale: float = 1.0) -> Panel:
        if k == 1:
            return scatter(model.generate(NUM_POINTS, variance_scale=scale, seed=SEED), real)
        ids = model.prior.sample_ids(NUM_POINTS, [SEED, 0]).numpy()
        return scatter(model.generate(NUM_POINTS, component=ids, variance_scale=scale, seed=SEED), real, ids)

    def samples() -> Image.Image:
        return panels([generated()], ["generated, coloured by component" if k > 1 else "generated"], 1, side=6)

    def scales() -> Image.Image:
        return panels([generated(scale) for scale in SCALES], [f"variance x {scale:g}" for scale in SCALES], 3)

    def pairs() -> Image.Image:
        def draw(axes) -> None:  # noqa: ANN001
            axes.scatter(*plane(real), s=3, c="0.75")
            for first, second in zip(modes, np.roll(modes, -1), strict=True):
                path = model.interpolate(pair_weights(k, first, second, 50), seed=SEED)
                axes.plot(*plane(path), lw=1, label=f"{first} to {second}")
            axes.set_aspect("equal")
            axes.legend(loc="upper right", fontsize=7)

        return panels([draw], ["between two modes, the same noise"], 1, side=6)

    def latents() -> Image.Image:  # Fig. 1 of GAEL's supplement
        made = model.generate(NUM_POINTS, prior=model.training_prior, seed=SEED)
        rows = (real, made, model.encode(real), model.encode(made))
        titles = ["real", "generated from the normal prior", "real, encoded", "generated, encoded"]
        return panels([scatter(points) for points in rows], titles, 2)

    def reconstructions() -> Image.Image:
        return panels([scatter(model.reconstruct(real), real)], ["real points (grey) reconstructed"], 1, side=6)

    encodes = "encode" in model.capabilities
    return {
        "samples": samples,
        "scales": scales,
        **({"pairs": pairs} if k > 1 else {}),
        **({"reconstructions": reconstructions} if encodes else {}),
        **({"latents": latents} if encodes and model.latent_dim == 2 else {}),
    }
