"""Pictures: samples by mode, and interpolations between two and among three modes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image, ImageDraw, ImageFont

from tfgmmgan.data import ImageData
from tfgmmgan.data.scaling import to_uint8
from tfgmmgan.files import replacing
from tfgmmgan.models import LatentGAN

__all__ = ["image_grid", "pair_weights", "triple_weights", "write_figures"]

SEED = 0  # the same noise in every figure, so that epochs and runs can be compared
MAX_ROWS = 20


def pair_weights(num_components: int, first: int, second: int, steps: int = 10) -> np.ndarray:
    """Return convex weights from one mode to another, (steps, K)."""
    weights = np.zeros((steps, num_components), np.float32)
    along = np.linspace(0, 1, steps)
    weights[:, first] += 1 - along
    weights[:, second] += along
    return weights


def triple_weights(num_components: int, modes: tuple[int, int, int], steps: int = 10) -> np.ndarray:
    """Return convex weights over a square, (steps, steps, K), as in Fig. 3 of responsibility learning.

    The top row goes from the first mode to the second, the left column from the first to the third, the bottom row
    from the third to the second; every row and column is a straight line, and the diagonal mixes all three.
    """
    weights = np.zeros((steps, steps, num_components), np.float32)
    down, right = np.meshgrid(np.linspace(0, 1, steps), np.linspace(0, 1, steps), indexing="ij")
    weights[..., modes[0]] += (1 - right) * (1 - down)
    weights[..., modes[1]] += right
    weights[..., modes[2]] += (1 - right) * down
    return weights


def image_grid(
    images: np.ndarray, row_labels: list[str] | None = None, title: str = "", tile: int = 48, gap: int = 2
) -> Image.Image:
    """Lay images out in rows and columns.

    Args:
        images: (rows, columns, H, W, C) uint8, or float in [-1, 1].
        row_labels: One for each row, written to its left.
        title: Written above.
        tile: Small images are enlarged, pixel by pixel, to at least this side.
        gap: Pixels between images.

    Returns:
        An RGB picture.
    """
    images = to_uint8(images)
    rows, columns, height, width, channels = images.shape
    factor = max(1, -(-tile // max(height, width)))
    images = images.repeat(factor, axis=2).repeat(factor, axis=3)
    if channels == 1:
        images = images.repeat(3, axis=-1)
    height, width = height * factor + gap, width * factor + gap
    font = ImageFont.load_default(13)
    margin = max((int(font.getlength(label)) + 12 for label in row_labels or []), default=gap)
    top = 22 if title else 0
    picture = Image.new("RGB", (margin + columns * width, top + gap + rows * height), "white")
    draw = ImageDraw.Draw(picture)
    draw.text((margin, 3), title, "black", font)
    draw.rectangle((margin - gap, top, picture.width, picture.height), "#7f93a8")  # tells light images from the gaps
    for row in range(rows):
        if row_labels:
            draw.text((margin - 8, top + gap + row * height + height // 2), row_labels[row], "black", font, anchor="rm")
        for column in range(columns):
            picture.paste(Image.fromarray(images[row, column]), (margin + column * width, top + gap + row * height))
    return picture


def write_figures(
    model: LatentGAN, data: ImageData, folder: Path, stem: str, logs: Path | None = None, step: int = 0
) -> list[Path]:
    """Write a model's figures: `<stem>_samples.png`, and where there are modes enough `_pairs.png` and `_triple.png`.

    Args:
        model: The model.
        data: The dataset it learned from; a toy's real points are drawn behind the generated ones.
        folder: Where to; a figure that is there already is replaced.
        stem: Begins the names.
        logs: TensorBoard directory to which the pictures are written too.
        step: Their step there.

    Returns:
        The files.
    """
    draw = _image_figures if data.is_image else _point_figures
    makers = draw(model, data)
    files = []
    for kind, make in makers.items():
        path = folder / f"{stem}_{kind}.png"
        picture = make()
        with replacing(path) as temporary:
            picture.save(temporary)
        files.append(path)
        if logs is not None:
            with tf.summary.create_file_writer(str(logs / "figures")).as_default():
                tf.summary.image(kind, np.asarray(picture)[None], step=step)
    return files


def _modes(model: LatentGAN) -> np.ndarray:
    """Return the modes that figures show: all, or the heaviest where there are many; in the order of their number."""
    weights = model.prior.mixture_probs().numpy()
    return np.sort(np.argsort(-weights, kind="stable")[:MAX_ROWS])


def _image_figures(model: LatentGAN, data: ImageData) -> dict[str, Callable[[], Image.Image]]:
    k = model.prior.num_components
    modes = _modes(model)

    def samples() -> Image.Image:
        if k == 1:
            return image_grid(model.generate(100, seed=SEED).reshape(10, 10, *data.shape))
        images = model.generate(10 * len(modes), component=np.repeat(modes, 10), seed=SEED)
        weights = model.prior.mixture_probs().numpy()
        labels = [f"mode {mode}  {weights[mode]:.0%}" for mode in modes]
        return image_grid(images.reshape(len(modes), 10, *data.shape), labels)

    def pairs() -> Image.Image:
        ends = list(zip(modes, np.roll(modes, -1), strict=True))[: len(modes) if len(modes) > 2 else 1]
        images = [model.interpolate(pair_weights(k, *pair), seed=SEED) for pair in ends]
        return image_grid(np.stack(images), [f"{first} to {second}" for first, second in ends])

    def triple() -> Image.Image:
        corners = tuple(modes[:3])
        images = model.interpolate(triple_weights(k, corners).reshape(-1, k), seed=SEED)
        title = "mode {} at the top left, {} on the right, {} at the bottom left".format(*corners)
        return image_grid(images.reshape(10, 10, *data.shape), title=title)

    return {
        "samples": samples,
        **({"pairs": pairs} if k > 1 else {}),
        **({"triple": triple} if k > 2 else {}),
    }


def _point_figures(model: LatentGAN, data: ImageData) -> dict[str, Callable[[], Image.Image]]:
    k = model.prior.num_components
    modes = _modes(model)
    real = data.train.take(2000)

    def canvas(title: str, draw: Callable) -> Image.Image:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6, 6), layout="constrained")
        axes = figure.add_subplot()
        axes.scatter(*real.T[:2], s=4, c="0.75", label="real")
        draw(axes)
        axes.set(title=title, aspect="equal")
        axes.legend(loc="upper right", fontsize=8)
        drawn = FigureCanvasAgg(figure)
        drawn.draw()
        return Image.fromarray(np.asarray(drawn.buffer_rgba())).convert("RGB")

    def samples() -> Image.Image:
        ids = np.repeat(np.arange(k), -(-2000 // k))
        points = model.generate(len(ids), component=ids, seed=SEED)
        return canvas(
            "generated, coloured by component",
            lambda axes: axes.scatter(*points.T[:2], s=4, c=ids, cmap="turbo", label="generated"),
        )

    def pairs() -> Image.Image:
        def draw(axes) -> None:  # noqa: ANN001
            for first, second in zip(modes, np.roll(modes, -1), strict=True):
                path = model.interpolate(pair_weights(k, first, second, 50), seed=SEED)
                axes.plot(*path.T[:2], lw=1, label=f"{first} to {second}")

        return canvas("between two modes, the same noise", draw)

    return {"samples": samples, **({"pairs": pairs} if k > 1 else {})}
