"""One version of an exported model: what its signatures take, and what they answer."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from tfgmmgan.serving.server.limits import Limits, Refusal
from tfgmmgan.serving.server.pictures import megapixels
from tfgmmgan.serving.warmup import FILE
from tfgmmgan.utils.errors import UserError, nearest

__all__ = ["Request", "ServedModel", "find_version", "listed"]

Outputs = dict[str, np.ndarray]


class Request(NamedTuple):
    """A request that was checked.

    Attributes:
        signature: The signature's name.
        inputs: Arrays by name; files are objects.
        rows: How many rows each has; 0 where the signature knows no rows.
        size: Rows and, of pictures, megapixels: what it counts in a batch.
        by_rows: Whether it came as rows (`instances`), and is answered so.
    """

    signature: str
    inputs: dict[str, np.ndarray]
    rows: int
    size: float
    by_rows: bool = False


def find_version(path: str | Path) -> Path:
    """Return the directory of a SavedModel: that of a run's newest version, of a base path's, or `path` itself.

    Raises:
        UserError: If there is none.
    """
    path = Path(path)
    for base in (path / "serving", path):
        found = [int(one.parent.name) for one in base.glob("*/saved_model.pb") if one.parent.name.isdecimal()]
        if found:
            return base / str(max(found))
    if (path / "saved_model.pb").is_file():
        return path
    raise UserError(
        f"{path} has no exported model; expected a run directory with serving/, a directory of versions "
        "(1/saved_model.pb), or a SavedModel."
    )


class ServedModel:
    """A SavedModel that was loaded and answers checked requests, from any thread.

    Args:
        path: The SavedModel's directory.
        name: What clients call the model.
        limits: How much it takes.

    Attributes:
        version: The directory's name where that is a number, else 1.
        signatures: What it answers, by name.
        most_values: How many values the largest request has.
        metadata: The names, types and shapes of each signature's inputs and outputs, as `SignatureDef`.

    Raises:
        UserError: If TensorFlow can't load it.
    """

    def __init__(self, path: Path, name: str, limits: Limits) -> None:
        self.path, self.name, self.limits = path, name, limits
        self.version = int(path.name) if path.name.isdecimal() else 1
        try:
            self._loaded = tf.saved_model.load(str(path))
            described = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
        except Exception as error:  # of many kinds, by what is broken
            raise UserError(
                f"{path} can't be loaded ({str(error).splitlines()[0]}). Export the model again."
            ) from error
        self.signatures = dict(self._loaded.signatures)
        if not self.signatures:
            raise UserError(f"{path} has no signatures; expected a model that `export` wrote.")
        sizes = [sum(_row_size(spec) for spec in self.inputs_of(one).values()) for one in self.signatures]
        self.most_values = limits.max_rows * max(sizes)
        self.metadata = dict(described.meta_graphs[0].signature_def)

    def check_name(self, name: str, version: int | None = None, label: str | None = None) -> None:
        """Refuse a model, version or label that is not served."""
        if label:
            raise Refusal(
                "INVALID_ARGUMENT", f"No version has the label '{label[:100]}' here; labels are for TF Serving."
            )
        if name != self.name or version not in (None, self.version):
            asked = f"'{name[:100]}'" + ("" if version is None else f" in version {version}")
            raise Refusal("NOT_FOUND", f"Model {asked} is not served; '{self.name}' in version {self.version} is.")

    def inputs_of(self, signature: str) -> dict[str, tf.TensorSpec]:
        """Return the inputs of a signature; refuse an unknown one."""
        if signature not in self.signatures:
            known = ", ".join(sorted(self.signatures))
            asked = signature[:100]
            hint = nearest(asked, self.signatures)
            raise Refusal("INVALID_ARGUMENT", f"There is no signature '{asked}'.{hint} Valid: {known}.")
        return self.signatures[signature].structured_input_signature[1]

    def request(
        self, signature: str, values: Mapping[str, Any], read: Callable[[str, tf.TensorSpec, Any], np.ndarray]
    ) -> Request:
        """Return a checked request.

        Args:
            signature: The signature's name.
            values: A value for each input.
            read: Makes the array of a value, from the input's name, what it takes, and the value.

        Raises:
            Refusal: If the signature does not take this; one sentence says why.
        """
        specs = self.inputs_of(signature)
        try:
            if set(values) != set(specs):
                raise Refusal(
                    "INVALID_ARGUMENT", f"'{signature}' takes the inputs {', '.join(specs)}; got {listed(values)}."
                )
            inputs = {name: read(name, spec, values[name]) for name, spec in specs.items()}
            for name, array in inputs.items():
                self.check_shape(name, specs[name], array.shape)
            return self._checked(signature, inputs)
        except Refusal as refusal:
            refusal.signature = signature
            raise

    def _checked(self, signature: str, inputs: dict[str, np.ndarray]) -> Request:
        if np.any(inputs.get("num", 0) > self.limits.max_rows):  # legacy_sample draws as many
            raise Refusal("INVALID_ARGUMENT", f"'num' must be {self.limits.max_rows} at most.")
        pixels = sum(
            megapixels(file) for name, files in inputs.items() if name.endswith("_bytes") for file in files.ravel()
        )
        if pixels > self.limits.max_megapixels:
            raise Refusal(
                "INVALID_ARGUMENT",
                f"The pictures of a request may have {self.limits.max_megapixels:g} megapixels in all.",
            )
        rows = 0
        if self.has_rows(signature):
            counts = {len(array) for array in inputs.values()}
            if len(counts) > 1:
                raise Refusal("INVALID_ARGUMENT", "Every input must have as many rows.")
            rows = counts.pop()
            if not rows:
                raise Refusal("INVALID_ARGUMENT", "The batch is empty; give one row at least.")
        return Request(signature, inputs, rows, rows + pixels)

    def check_shape(self, name: str, spec: tf.TensorSpec, shape: tuple[int, ...]) -> None:
        """Refuse a shape that an input does not take, or that has too many rows."""
        if not spec.shape.is_compatible_with(shape):
            wanted = ", ".join("n" if size is None else str(size) for size in spec.shape)
            got = ", ".join(str(size) for size in shape)
            raise Refusal("INVALID_ARGUMENT", f"'{name}' must have the shape ({wanted}); got ({got}).")
        if shape and shape[0] > self.limits.max_rows:
            raise Refusal(
                "INVALID_ARGUMENT", f"A request may have {self.limits.max_rows} rows; got {shape[0]}. Send several."
            )

    def has_rows(self, signature: str) -> bool:
        """Return whether the first axis of every input and output is the batch."""
        function = self.signatures[signature]
        specs = [*function.structured_input_signature[1].values(), *function.structured_outputs.values()]
        return all(spec.shape.rank and spec.shape[0] is None for spec in specs)

    def answer(self, requests: list[Request]) -> list[Outputs | Exception]:
        """Answer requests of one signature together; where that fails, by halves, so that neighbours are answered."""
        try:
            return self._answer(requests)
        except Exception as error:
            if len(requests) > 1:
                half = len(requests) // 2
                return self.answer(requests[:half]) + self.answer(requests[half:])
            is_clients = isinstance(error, tf.errors.InvalidArgumentError)
            return [Refusal("INVALID_ARGUMENT", _sentence(str(error))) if is_clients else error]

    def _answer(self, requests: list[Request]) -> list[Outputs | Exception]:
        first = requests[0]
        joined = first.inputs
        if len(requests) > 1:
            joined = {name: np.concatenate([one.inputs[name] for one in requests]) for name in joined}
        specs = self.inputs_of(first.signature)
        tensors = {name: tf.constant(array, specs[name].dtype) for name, array in joined.items()}
        outputs = {name: value.numpy() for name, value in self.signatures[first.signature](**tensors).items()}
        outputs = {
            name: np.asarray(value, object if isinstance(value, bytes) else None) for name, value in outputs.items()
        }
        if len(requests) == 1:
            return [outputs]
        ends = np.cumsum([one.rows for one in requests])
        return [
            {name: value[end - one.rows : end] for name, value in outputs.items()}
            for one, end in zip(requests, ends, strict=True)
        ]

    def warm_up(self) -> Request | None:
        """Answer the requests that the export brings for this; return the first, None where there are none.

        Raises:
            UserError: If one fails.
        """
        file = self.path / FILE
        if not file.is_file():
            return None
        requests = []
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            asked = PredictionLog.FromString(record).predict_log.request
            try:
                requests.append(self.request(asked.model_spec.signature_name, asked.inputs, self.read_tensor))
                (answer,) = self.answer(requests[-1:])
                if isinstance(answer, Exception):
                    raise answer
            except Exception as error:
                raise UserError(
                    f"A warm-up request of {file} fails ({_sentence(str(error))[:-1]}). Export the model again."
                ) from error
        return requests[0] if requests else None

    def read_tensor(self, name: str, spec: tf.TensorSpec, value: tensor_pb2.TensorProto) -> np.ndarray:
        """Return the array of a tensor on the wire; refuse what the input does not take, before it is unpacked."""
        if value.dtype != spec.dtype.as_datatype_enum:
            raise Refusal("INVALID_ARGUMENT", f"'{name}' must be {spec.dtype.name}; got another type.")
        if value.tensor_shape.unknown_rank or any(dim.size < 0 for dim in value.tensor_shape.dim):
            raise Refusal("INVALID_ARGUMENT", f"'{name}' must have a shape without unknown or negative sizes.")
        self.check_shape(name, spec, tuple(dim.size for dim in value.tensor_shape.dim))
        try:
            return tf.make_ndarray(value)
        except Exception as error:  # by what is malformed
            raise Refusal("INVALID_ARGUMENT", f"'{name}' has not as many values as its shape says.") from error


def _row_size(spec: tf.TensorSpec) -> float:
    """Return how many values a row of an input has; infinite where nobody knows."""
    return spec.shape[1:].num_elements() or math.inf if spec.shape.rank else 1


def listed(names: Iterable[str]) -> str:
    """Return names as they are told to who gave them, who may have given many and long ones."""
    return ", ".join(sorted(names))[:200] or "none"


def _sentence(error: str) -> str:
    """Return what TensorFlow says of a request, without where in the graph it says so."""
    said = re.search(r"assertion failed: \[(.*?)\](?=\s*\[|\s*$)", error, re.DOTALL)
    text = said[1] if said else re.sub(r"\{\{.*?\}\}", "", error.split("[[")[0])
    text = " ".join(text.split())
    return f"{text[:1].upper()}{text[1:300].rstrip('.')}."
