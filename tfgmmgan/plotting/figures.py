"""Writing a model's figures to files and to TensorBoard."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from tfgmmgan.data import ImageData
from tfgmmgan.models import LatentGAN
from tfgmmgan.plotting.images import image_figures
from tfgmmgan.plotting.points import point_figures
from tfgmmgan.utils.files import replacing

__all__ = ["write_figures"]


def write_figures(
    model: LatentGAN, data: ImageData, folder: Path, stem: str, logs: Path | None = None, step: int = 0
) -> list[Path]:
    """Write a model's figures, `<stem>_<kind>.png`, and return the files; one that is there already is replaced.

    The kinds are `samples`; `scales`, under variance scales from 0.1 to 2 (GM-GAN, Fig. 4 and 6); where there are modes
    enough `pairs` and `triple`, interpolations; of a model that encodes `reconstructions`, and in two latent dimensions
    `latents` (GAEL's supplement, Fig. 1). A toy's real points are drawn behind the generated ones. With `logs`, a
    TensorBoard directory, pictures are written there too, at `step`.
    """
    makers = (image_figures if data.is_image else point_figures)(model, data)
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
