"""A model's figures: those of images, and writing them, or those of points, to files and to TensorBoard."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from tfgmmgan.data import ImageData
from tfgmmgan.data.scaling import to_float
from tfgmmgan.models import LatentGAN
from tfgmmgan.plotting.grid import image_grid
from tfgmmgan.plotting.modes import SCALES, SEED, modes_shown, pair_weights, triple_weights
from tfgmmgan.plotting.points import point_figures
from tfgmmgan.utils.files import replacing

__all__ = ["image_figures", "write_figures"]


def write_figures(
    model: LatentGAN,
    data: ImageData,
    folder: Path,
    stem: str,
    logs: Path | None = None,
    step: int = 0,
    names: Mapping[int, str] | None = None,
) -> list[Path]:
    """Write a model's figures, `<stem>_<kind>.png`, and return the files; one that is there already is replaced.

    The kinds are `samples`; `scales`, under variance scales from 0.1 to 2 (GM-GAN, Fig. 4 and 6); where there are modes
    enough `pairs` and `triple`, interpolations; of a model that encodes `reconstructions`, and in two latent dimensions
    `latents` (GAEL's supplement, Fig. 1). A toy's real points are drawn behind the generated ones. With `logs`, a
    TensorBoard directory, pictures are written there too, at `step`. `names` are what modes are called.
    """
    makers = image_figures(model, data, names) if data.is_image else point_figures(model, data)
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


def image_figures(
    model: LatentGAN, data: ImageData, names: Mapping[int, str] | None = None
) -> dict[str, Callable[[], Image.Image]]:
    """Return a model's figures by kind, each drawn when it is called; `names` are what modes are called."""
    k = model.prior.num_components
    modes = modes_shown(model)
    called = [(names or {}).get(int(mode)) or f"mode {mode}" for mode in modes]

    def samples() -> Image.Image:
        if k == 1:
            return image_grid(model.generate(100, seed=SEED).reshape(10, 10, *data.shape))
        images = model.generate(10 * len(modes), component=np.repeat(modes, 10), seed=SEED)
        weights = model.prior.mixture_probs().numpy()
        labels = [f"{name}  {weights[mode]:.0%}" for name, mode in zip(called, modes, strict=True)]
        return image_grid(images.reshape(len(modes), 10, *data.shape), labels)

    def scales() -> Image.Image:
        shown = np.resize(modes[:10], 10)
        images = [model.generate(10, component=shown, variance_scale=scale, seed=SEED) for scale in SCALES]
        labels = [f"variance x {scale:g}" for scale in SCALES]
        columns = f"modes {', '.join(map(str, shown))}" if k > 1 else ""
        return image_grid(np.stack(images), labels, title=columns)

    def pairs() -> Image.Image:
        ends = list(zip(modes, np.roll(modes, -1), strict=True))[: len(modes) if len(modes) > 2 else 1]
        images = [model.interpolate(pair_weights(k, *pair), seed=SEED) for pair in ends]
        return image_grid(np.stack(images), [f"{first} to {second}" for first, second in ends])

    def triple() -> Image.Image:
        corners = tuple(modes[:3])
        images = model.interpolate(triple_weights(k, corners).reshape(-1, k), seed=SEED)
        title = "mode {} at the top left, {} on the right, {} at the bottom left".format(*corners)
        return image_grid(images.reshape(10, 10, *data.shape), title=title)

    def reconstructions() -> Image.Image:
        originals = data.test.draw(40)
        originals = originals[: len(originals) // 5 * 5 or None]
        pairs = np.stack([to_float(originals).numpy(), model.reconstruct(originals)], axis=1)
        rows = -(-len(originals) // 5)
        return image_grid(pairs.reshape(rows, -1, *data.shape), title="test images, each with its reconstruction")

    return {
        "samples": samples,
        "scales": scales,
        **({"pairs": pairs} if k > 1 else {}),
        **({"triple": triple} if k > 2 else {}),
        **({"reconstructions": reconstructions} if "encode" in model.capabilities else {}),
    }
