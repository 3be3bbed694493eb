"""What an exported model answers: functions of tensors whose first axis is the batch, as TF Serving batches them."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tfgmmgan.models import LatentGAN

__all__ = ["Signature", "signatures"]

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, by which pictures become grey in training, too


def _traced(*inputs: tf.TensorSpec) -> Callable[[Callable], Callable]:
    """Trace a function at once for these inputs, so that those that call it do not trace it again."""

    def trace(function: Callable) -> Callable:
        return tf.function(function, input_signature=inputs, autograph=False).get_concrete_function()

    return trace


class Signature(NamedTuple):
    """A function, and what it takes."""

    function: Callable[..., dict[str, tf.Tensor]]
    inputs: list[tf.TensorSpec]


def signatures(model: LatentGAN, crop: str) -> dict[str, Signature]:
    """Return what is served of a model, by name, the default first (`tfgmmgan.serving.export`).

    Args:
        model: The model.
        crop: "center" cuts out the middle of pictures that come as files, "none" squeezes.
    """
    prior, shape = model.prior, model.data_shape
    is_image = len(shape) == 3
    component, scale, seed, weights = (
        tf.TensorSpec([None], tf.int32, "component"),
        tf.TensorSpec([None], tf.float32, "variance_scale"),
        tf.TensorSpec([None], tf.int64, "seed"),
        tf.TensorSpec([None, prior.num_components], tf.float32, "weights"),
    )
    files = tf.TensorSpec([None], tf.string, "image_bytes")

    @_traced(tf.TensorSpec([None, prior.latent_dim]))
    def decode(z: tf.Tensor) -> tf.Tensor:
        return model.generator(z, training=False)

    @_traced(component, scale, tf.TensorSpec([None, 2], tf.int32))
    def draw(component: tf.Tensor, variance_scale: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Draw z, each row by a seed of its own: (n,), (n,), (n, 2) -> (n, d)."""

        def one(row: tuple) -> tf.Tensor:
            return prior.sample_components(row[0][None], row[2], row[1])[0]

        return tf.map_fn(one, (component, variance_scale, key), fn_output_signature=_row(prior.latent_dim))

    @_traced(component, scale, seed)
    def generate(component: tf.Tensor, variance_scale: tf.Tensor, seed: tf.Tensor) -> dict:
        component = _as_many(_components(_batch(component), prior.num_components), variance_scale, seed)
        return {"examples": decode(draw(component, _scales(variance_scale), _keys(seed)))}

    @_traced(seed)
    def sample(seed: tf.Tensor) -> dict:
        key = _keys(_batch(seed))
        component = tf.map_fn(lambda one: prior.sample_ids(1, one)[0], key, fn_output_signature=tf.int32)
        return {"examples": decode(draw(component, tf.ones_like(seed, tf.float32), key)), "component": component}

    @_traced(weights, seed)
    def interpolate(weights: tf.Tensor, seed: tf.Tensor) -> dict:
        def one(row: tuple) -> tf.Tensor:
            return prior.interpolate(row[0][None], prior.common_noise(row[1]))[0]

        columns = (_as_many(_convex(_batch(weights)), seed), _keys(seed))
        return {"examples": decode(tf.map_fn(one, columns, fn_output_signature=_row(prior.latent_dim)))}

    def checked(images: tf.Tensor) -> tf.Tensor:
        images = _batch(images)
        if images.dtype == tf.string:
            return tf.map_fn(lambda file: _read(file, shape, crop), images, fn_output_signature=tf.uint8)
        if images.dtype == tf.uint8:
            return images
        if not is_image:
            return _refusing(images, tf.math.is_finite(images), "points must be finite")
        return _refusing(images, tf.abs(images) <= 1, "float images must lie in [-1, 1]")

    def responsibilities(images: tf.Tensor) -> dict:
        return {"responsibilities": model.call(checked(images))}

    def encode(images: tf.Tensor) -> dict:
        return {"latents": model.encodings(checked(images))}

    def reconstruct(images: tf.Tensor) -> dict:
        return {"examples": decode(model.encodings(checked(images)))}

    drawing = {
        "generate": Signature(generate, [component, scale, seed]),
        "sample": Signature(sample, [seed]),
        "interpolate": Signature(interpolate, [weights, seed]),
    }
    found = dict(drawing)
    if is_image:
        found |= {f"{name}_png": Signature(_as_png(one.function), one.inputs) for name, one in drawing.items()}
    for function, capability in ((responsibilities, "responsibilities"), (encode, "encode"), (reconstruct, "encode")):
        if capability in model.capabilities:
            name = function.__name__
            found[name] = Signature(function, [tf.TensorSpec([None, *shape], tf.float32, "images")])
            if is_image:
                found[f"{name}_uint8"] = Signature(function, [tf.TensorSpec([None, *shape], tf.uint8, "images")])
                found[f"{name}_bytes"] = Signature(_of_files(function), [files])
    if is_image and "encode" in model.capabilities:
        found["reconstruct_png"] = Signature(_as_png(_of_files(reconstruct)), [files])
    return found | _legacy(model, decode)


def _legacy(model: LatentGAN, decode: Callable) -> dict[str, Signature]:
    """Return the signatures of version 0.1, whose seed, scale and number are of the whole batch."""
    prior, seed = model.prior, tf.TensorSpec([2], tf.int32, "seed")

    def generate(component: tf.Tensor, variance_scale: tf.Tensor, seed: tf.Tensor) -> dict:
        component = _components(component, prior.num_components)
        return {"examples": decode(prior.sample_components(component, seed, _scales(variance_scale)))}

    def sample(seed: tf.Tensor, num: tf.Tensor) -> dict:
        component = prior.sample_ids(_refusing(num, num >= 0, "num must not be negative"), seed)
        return {"examples": decode(prior.sample_components(component, seed)), "component": component}

    def interpolate(weights: tf.Tensor, seed: tf.Tensor) -> dict:
        return {"examples": decode(prior.interpolate(_convex(weights), prior.common_noise(seed)))}

    component, weights = (
        tf.TensorSpec([None], tf.int32, "component"),
        tf.TensorSpec([None, prior.num_components], tf.float32, "weights"),
    )
    scale, num = tf.TensorSpec([], tf.float32, "variance_scale"), tf.TensorSpec([], tf.int32, "num")
    return {
        "legacy_generate": Signature(generate, [component, scale, seed]),
        "legacy_sample": Signature(sample, [seed, num]),
        "legacy_interpolate": Signature(interpolate, [weights, seed]),
    }


def _as_png(function: Callable[..., dict]) -> Callable[..., dict]:
    """Return a function whose examples are PNG files; TF Serving's JSON has such outputs, by their name, as base64."""

    def drawn(*args: tf.Tensor, **kwargs: tf.Tensor) -> dict:
        found = function(*args, **kwargs)
        pixels = tf.cast(tf.clip_by_value(tf.round((found.pop("examples") + 1) * 127.5), 0, 255), tf.uint8)
        return {**found, "image_bytes": tf.map_fn(tf.io.encode_png, pixels, fn_output_signature=tf.string)}

    return drawn


def _of_files(function: Callable[[tf.Tensor], dict]) -> Callable[[tf.Tensor], dict]:
    """Return a function of images as one of files."""
    return lambda image_bytes: function(image_bytes)


def _read(file: tf.Tensor, shape: tuple[int, int, int], crop: str) -> tf.Tensor:
    """Return a PNG, JPEG, GIF or BMP file as an image of a shape, uint8, as pictures become in training.

    What is transparent becomes black. An orientation that EXIF tells is not heeded.
    """
    height, width, channels = shape
    pixels = tf.cond(
        tf.io.is_jpeg(file),
        lambda: tf.io.decode_jpeg(file, dct_method="INTEGER_ACCURATE"),  # as Pillow decodes
        lambda: tf.io.decode_image(file, expand_animations=False),
    )
    pixels = tf.cast(pixels, tf.float32)
    count, first = tf.shape(pixels)[2], pixels[..., :1]
    opacity = tf.cond(count % 2 == 0, lambda: pixels[..., -1:] / 255, lambda: tf.ones_like(first))
    colours = tf.cond(count <= 2, lambda: tf.repeat(first, 3, axis=-1), lambda: pixels[..., :3])
    pixels = (colours if channels == 3 else tf.reduce_sum(colours * LUMA, axis=-1, keepdims=True)) * opacity
    if crop == "center":
        high, wide = tf.shape(pixels)[0], tf.shape(pixels)[1]  # of these the largest part of the model's proportions
        rows, columns = tf.minimum(high, wide * height // width), tf.minimum(wide, high * width // height)
        top, left = (high - rows) // 2, (wide - columns) // 2
        pixels = pixels[top : top + tf.maximum(rows, 1), left : left + tf.maximum(columns, 1)]
    pixels = tf.image.resize(pixels, [height, width], tf.image.ResizeMethod.BICUBIC, antialias=True)
    return tf.ensure_shape(tf.cast(tf.clip_by_value(tf.round(pixels), 0, 255), tf.uint8), shape)


def _row(size: int) -> tf.TensorSpec:
    return tf.TensorSpec([size], tf.float32)


def _keys(seed: tf.Tensor) -> tf.Tensor:
    """Return the stateless seed of each number, (n,) int64 -> (n, 2) int32, as `make_seed` does."""
    return tf.bitcast(seed, tf.int32)


def _batch(rows: tf.Tensor) -> tf.Tensor:
    return _refusing(rows, tf.shape(rows)[0] > 0, "the batch is empty")


def _as_many(rows: tf.Tensor, *others: tf.Tensor) -> tf.Tensor:
    are = [tf.shape(other)[0] == tf.shape(rows)[0] for other in others]
    return _refusing(rows, tf.stack(are), "every input must have as many rows")


def _components(component: tf.Tensor, count: int) -> tf.Tensor:
    return _refusing(component, (component >= 0) & (component < count), f"component must be in [0, {count})")


def _scales(scale: tf.Tensor) -> tf.Tensor:
    is_scale = (scale >= 0) & tf.math.is_finite(scale)
    return _refusing(scale, is_scale, "variance_scale must be finite and not negative")


def _convex(weights: tf.Tensor) -> tf.Tensor:
    is_convex = (tf.reduce_min(weights, axis=1) >= 0) & (tf.abs(tf.reduce_sum(weights, axis=1) - 1) <= 1e-4)
    return _refusing(weights, is_convex, "each row of weights must be non-negative and sum to 1")


def _refusing(value: tf.Tensor, is_right: tf.Tensor, message: str) -> tf.Tensor:
    """Return a value that is right everywhere; NaN is nowhere. Another is an InvalidArgumentError that says so."""
    with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(is_right), [message])]):
        return tf.identity(value)
