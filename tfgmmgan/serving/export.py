"""Export to a SavedModel that TF Serving loads, with mixture semantics in its signatures."""

import shutil
from pathlib import Path

import keras
import tensorflow as tf

from tfgmmgan.models import LatentGAN
from tfgmmgan.utils.files import temporary_path

__all__ = ["export", "exported_steps"]

STEPS = Path("assets.extra", "tfgmmgan_steps.txt")  # of a version's directory; TF Serving passes it over


def export(model: LatentGAN, base: str | Path) -> Path:
    """Write a model to `base/<version>/`, version being 1 or one more than the highest there.

    Signatures (n is free; images are float32 in [-1, 1] unless the name says uint8; a seed is an int32 vector of
    two numbers, and the same seed gives the same answer; what is out of its range is INVALID_ARGUMENT):

    - `generate(component (n,) int32, variance_scale () float32, seed (2,) int32)` -> `examples`: one example from each
      named component. Also the default signature.
    - `sample(seed (2,) int32, num () int32)` -> `examples`, `component` (num,): by the mixture's weights.
    - `interpolate(weights (n, K) float32, seed (2,) int32)` -> `examples`, all under one noise.
    - `responsibilities(images (n, H, W, C) float32)` -> `responsibilities` (n, K): where the model says p(k | x).
    - `encode(images)` -> `latents` (n, d) and `reconstruct(images)` -> `examples`: where the model has an encoder.
    - `responsibilities_uint8`, `encode_uint8`, `reconstruct_uint8`: the same of uint8 images.

    Args:
        model: The trained model.
        base: The directory that TF Serving watches.

    Returns:
        The version's directory. It appears whole or not at all.
    """
    base = Path(base)
    prior, generator, shape = model.prior, model.generator, model.data_shape
    seed = tf.TensorSpec([2], tf.int32, "seed")

    def decode(z: tf.Tensor) -> tf.Tensor:
        return generator(z, training=False)

    def generate(component: tf.Tensor, variance_scale: tf.Tensor, seed: tf.Tensor) -> dict:
        in_range = (component >= 0) & (component < prior.num_components)
        component = _refusing(component, in_range, f"component must be in [0, {prior.num_components})")
        is_scale = (variance_scale >= 0) & tf.math.is_finite(variance_scale)
        variance_scale = _refusing(variance_scale, is_scale, "variance_scale must be finite and not negative")
        return {"examples": decode(prior.sample_components(component, seed, variance_scale))}

    def sample(seed: tf.Tensor, num: tf.Tensor) -> dict:
        num = _refusing(num, num >= 0, "num must not be negative")
        component = prior.sample_ids(num, seed)
        return {"examples": decode(prior.sample_components(component, seed)), "component": component}

    def interpolate(weights: tf.Tensor, seed: tf.Tensor) -> dict:
        convex = (tf.reduce_min(weights, axis=1) >= 0) & (tf.abs(tf.reduce_sum(weights, axis=1) - 1) <= 1e-4)
        weights = _refusing(weights, convex, "each row of weights must be non-negative and sum to 1")
        return {"examples": decode(prior.interpolate(weights, prior.common_noise(seed)))}

    def checked(images: tf.Tensor) -> tf.Tensor:
        if images.dtype == tf.uint8:
            return images
        if len(shape) == 1:
            return _refusing(images, tf.math.is_finite(images), "points must be finite")
        return _refusing(images, tf.abs(images) <= 1, "float images must lie in [-1, 1]")

    def responsibilities(images: tf.Tensor) -> dict:
        return {"responsibilities": model.call(checked(images))}

    def encode(images: tf.Tensor) -> dict:
        return {"latents": model.encodings(checked(images))}

    def reconstruct(images: tf.Tensor) -> dict:
        return {"examples": decode(model.encodings(checked(images)))}

    archive = keras.export.ExportArchive()
    archive.track(model)
    vector, scalar = (
        tf.TensorSpec([None], tf.int32, "component"),
        tf.TensorSpec([], tf.float32, "variance_scale"),
    )
    archive.add_endpoint("generate", generate, [vector, scalar, seed])
    archive.add_endpoint("sample", sample, [seed, tf.TensorSpec([], tf.int32, "num")])
    archive.add_endpoint(
        "interpolate", interpolate, [tf.TensorSpec([None, prior.num_components], tf.float32, "weights"), seed]
    )
    for function, owner, capability in (
        (responsibilities, "responsibilities", "responsibilities"),
        (encode, "encode", "encode"),
        (reconstruct, "reconstruct", "encode"),
    ):
        if capability in model.capabilities:
            archive.add_endpoint(owner, function, [tf.TensorSpec([None, *shape], tf.float32, "images")])
            if len(shape) == 3:
                archive.add_endpoint(f"{owner}_uint8", function, [tf.TensorSpec([None, *shape], tf.uint8, "images")])

    base.mkdir(parents=True, exist_ok=True)
    version = 1 + max(_versions(base), default=0)
    temporary = temporary_path(base / str(version))
    try:
        archive.write_out(str(temporary), verbose=False)
        if model.compiled:
            (temporary / STEPS).parent.mkdir()
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


def _refusing(value: tf.Tensor, is_right: tf.Tensor, message: str) -> tf.Tensor:
    """Return a value that is right everywhere; NaN is nowhere. Another is an InvalidArgumentError that says so."""
    with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(is_right), [message])]):
        return tf.identity(value)
