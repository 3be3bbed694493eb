"""Export to a SavedModel that TF Serving loads, with mixture semantics in its signatures."""

import shutil
from pathlib import Path

import keras

from tfgmmgan.models import LatentGAN
from tfgmmgan.serving.signatures import signatures
from tfgmmgan.serving.warmup import write_warmup
from tfgmmgan.utils.files import temporary_path

__all__ = ["export", "exported_steps"]

STEPS = Path("assets.extra", "tfgmmgan_steps.txt")  # of a version's directory; TF Serving passes it over


def export(model: LatentGAN, base: str | Path, crop: str = "center") -> Path:
    """Write a model to `base/<version>/`, version being 1 or one more than the highest there.

    The first axis of every input and output is the batch, n, so that TF Serving's rows, columns and batching fit: a row
    has its own seed, and equal seeds give equal images wherever it lands in a batch. What is out of its range is
    INVALID_ARGUMENT. Images are float32 in [-1, 1] unless the name says otherwise.

    - `generate(component (n,) int32, variance_scale (n,) float32, seed (n,) int64)` -> `examples`, as
      `model.generate(1, component, variance_scale, seed)` of each row. Also the default signature.
    - `sample(seed (n,) int64)` -> `examples`, `component` (n,) int32: by the mixture's weights.
    - `interpolate(weights (n, K) float32, seed (n,) int64)` -> `examples`; rows of one seed are under one noise.
    - `responsibilities(images (n, H, W, C))` -> `responsibilities` (n, K): where the model says p(k | x).
    - `encode(images)` -> `latents` (n, d) and `reconstruct(images)` -> `examples`: where the model has an encoder.
    - Of images: `generate_png`, `sample_png`, `interpolate_png`, which give `image_bytes` (n,), PNG files, for
      `examples`; `responsibilities_bytes`, `encode_bytes`, `reconstruct_bytes`, `reconstruct_png` of `image_bytes`
      (n,), PNG, JPEG, GIF or BMP files of any size; and `responsibilities_uint8`, `encode_uint8`, `reconstruct_uint8`.
    - `legacy_generate(component, variance_scale (), seed (2,) int32)`, `legacy_sample(seed (2,), num ())`,
      `legacy_interpolate(weights, seed (2,))`: those of version 0.1, not for batching; they go with version 0.3.

    Beside it lies a request of one row for each of the others, which TF Serving answers when it loads the version
    (`assets.extra/tf_serving_warmup_requests`).

    Args:
        model: The trained model.
        base: The directory that TF Serving watches.
        crop: How pictures that come as files are brought to the model's shape, as in training: `"center"` cuts out
            their middle, `"none"` squeezes. Default `"center"`.

    Returns:
        The version's directory. It appears whole or not at all.
    """
    base = Path(base)
    archive = keras.export.ExportArchive()
    archive.track(model)
    served = signatures(model, crop)
    for name, (function, inputs) in served.items():
        archive.add_endpoint(name, function, inputs)

    base.mkdir(parents=True, exist_ok=True)
    version = 1 + max(_versions(base), default=0)
    temporary = temporary_path(base / str(version))
    try:
        archive.write_out(str(temporary), verbose=False)
        write_warmup(temporary, served)
        if model.compiled:
            (temporary / STEPS).write_text(f"{int(model.optimizer.iterations.numpy())}\n")
        return temporary.rename(base / str(version))
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def exported_steps(base: str | Path) -> int | None:
    """Return after how many training steps the newest version below `base` was exported; None where nobody knows."""
    version = max(_versions(Path(base)), default=0)
    try:
        return int((Path(base) / str(version) / STEPS).read_text())
    except (OSError, ValueError):
        return None


def _versions(base: Path) -> list[int]:
    return [int(path.name) for path in base.glob("*/") if path.name.isdecimal()]
