"""Export to ONNX, LiteRT (.tflite) and plain Keras files, for programs without this package."""

import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import keras
import tensorflow as tf

from tfgmmgan.models import LatentGAN
from tfgmmgan.serving.portable import in_float32, portable_functions
from tfgmmgan.serving.signatures import Signature
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.files import check_empty, temporary_path

__all__ = ["about", "export_keras", "export_onnx", "export_tflite", "new_folder", "write_onnx"]

OPSET = 18  # of ONNX


def export_onnx(
    model: LatentGAN,
    folder: str | Path,
    precision: Literal["float32", "float16"] = "float32",
    names: Mapping[int, str] | None = None,
) -> Path:
    """Write a model as ONNX files, one for each of `portable_functions`, and `model.json`, which tells of them.

    Args:
        model: The trained model.
        folder: A new or empty folder; it appears whole or not at all.
        precision: Of the weights and of what is computed; what goes in and out is float32. Default `"float32"`.
        names: What the components are called, by number; for `model.json`.

    Returns:
        The folder.

    Raises:
        UserError: If the folder is not empty, or tf2onnx or onnxruntime is not installed.
    """
    with new_folder(folder) as new:
        functions = portable_functions(model)
        for name, function in functions.items():
            write_onnx(model, function, new / f"{name}.onnx", precision)
        files = {name: f"{name}.onnx" for name in functions}
        _write_about(new, about(model, functions, files, names) | {"precision": precision})
    return Path(folder)


def write_onnx(model: LatentGAN, function: Signature, file: Path, precision: str = "float32") -> None:
    """Write one of `portable_functions` as an ONNX file; see `export_onnx`."""
    try:
        import onnx
        import tf2onnx
        from onnxruntime.transformers.float16 import convert_float_to_float16
    except ImportError as error:
        raise UserError(f"ONNX needs {error.name}, which is not installed: pip install 'tfgmmgan[onnx]'.") from error
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    whole = tf.function(function.function, autograph=False)
    with in_float32(model):
        made, _ = tf2onnx.convert.from_function(whole, function.inputs, opset=OPSET)
    onnx.save(convert_float_to_float16(made, keep_io_types=True) if precision == "float16" else made, file)


def export_tflite(
    model: LatentGAN,
    folder: str | Path,
    precision: Literal["float32", "float16", "int8"] = "float32",
    names: Mapping[int, str] | None = None,
) -> Path:
    """Write a model as `model.tflite`, for LiteRT, with a signature for each of `portable_functions`; and `model.json`.

    Args:
        model: The trained model.
        folder: A new or empty folder; it appears whole or not at all.
        precision: Of the weights; what goes in and out is float32. `"int8"` is LiteRT's dynamic range quantisation.
            Default `"float32"`.
        names: What the components are called, by number; for `model.json`.

    Returns:
        The folder.

    Raises:
        UserError: If the folder is not empty, or LiteRT lacks an operation of the networks (those of `"resnet"`).
    """
    from tensorflow.lite.python.convert import ConverterError

    functions, module = portable_functions(model), tf.Module()
    with new_folder(folder) as new, tempfile.TemporaryDirectory() as saved:
        with in_float32(model):
            signatures = {name: _frozen(*one) for name, one in functions.items()}
        tf.saved_model.save(module, saved, signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(saved, list(functions))
        if precision != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if precision == "float16":
            converter.target_spec.supported_types = [tf.float16]
        try:
            (new / "model.tflite").write_bytes(converter.convert())
        except ConverterError as error:
            raise UserError(
                "LiteRT lacks an operation of this model's networks, as it does for --model.architecture resnet; "
                "--format onnx has them all."
            ) from error
        files = dict.fromkeys(functions, "model.tflite")
        _write_about(new, about(model, functions, files, names) | {"precision": precision})
    return Path(folder)


def _frozen(function: Callable, inputs: list[tf.TensorSpec]) -> Any:
    """Return a function whose weights are constants, as LiteRT wants them."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    traced = tf.function(function, inputs, autograph=False).get_concrete_function()
    frozen, (output,) = convert_variables_to_constants_v2(traced), traced.structured_outputs
    return tf.function(lambda *given: {output: frozen(*given)[0]}, inputs, autograph=False)


def export_keras(model: LatentGAN, folder: str | Path, names: Mapping[int, str] | None = None) -> Path:
    """Write a model's networks as Keras files, which open after `import tfgmmgan`, and `model.json`.

    `generator.keras` makes examples of z; `classifier.keras`, where there is a classifier, logits of images (n, K);
    `encoder.keras`, where there is an encoder, z of images.

    Args:
        model: The trained model.
        folder: A new or empty folder; it appears whole or not at all.
        names: What the components are called, by number; for `model.json`.

    Returns:
        The folder.

    Raises:
        UserError: If the folder is not empty.
    """
    networks = {"generator": model.generator}
    images = keras.Input(model.data_shape)
    if model.classifier is not None:
        seen = model.discriminator.encoder(images) if model.shares_encoder else images
        networks["classifier"] = keras.Model(images, model.classifier(seen))
    if "encode" in model.capabilities:
        networks["encoder"] = keras.Model(images, model.latent_head(model.discriminator.encoder(images))[0])
    with new_folder(folder) as new:
        for name, network in networks.items():
            network.save(new / f"{name}.keras")
        _write_about(new, about(model, {}, {}, names))
    return Path(folder)


def about(
    model: LatentGAN,
    functions: Mapping[str, Signature],
    files: Mapping[str, str],
    names: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    """Return what a program has to know of a model, as data for JSON.

    Args:
        model: The model.
        functions: Those of its `portable_functions` that were written, by name.
        files: In which file each of them is.
        names: What the components are called, by number.
    """
    weights = model.prior.mixture_probs().numpy().astype(float)
    return {
        "model": type(model).__name__,
        "data_shape": model.data_shape,
        "value_range": [-1, 1] if len(model.data_shape) == 3 else None,
        "latent_dim": model.latent_dim,
        "num_components": model.num_components,
        "weights": (weights / weights.sum()).tolist(),  # to the last digit, as NumPy's choice wants them
        "names": [(names or {}).get(k, "") for k in range(model.num_components)],
        "functions": {
            name: {"file": files[name], "inputs": {one.name: [one.dtype.name, *one.shape] for one in function.inputs}}
            for name, function in functions.items()
        },
    }


def _write_about(folder: Path, content: dict[str, Any]) -> None:
    (folder / "model.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


@contextmanager
def new_folder(folder: str | Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `folder`, which must be new or empty, when the block ends well."""
    folder = Path(folder)
    check_empty(folder, "--output")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(folder)
    temporary.mkdir()
    try:
        yield temporary
        if folder.exists():
            folder.rmdir()  # it is empty; on Windows nothing is renamed onto it
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
