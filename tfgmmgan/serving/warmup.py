"""Requests that TF Serving answers by itself when it loads a model, so that the first client does not wait."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from tensorflow.core.framework import tensor_pb2

from tfgmmgan.serving.signatures import Signature

__all__ = ["FILE", "write_warmup"]

FILE = Path("assets.extra", "tf_serving_warmup_requests")  # of a version's directory
FIELDS = {  # those fields of TF Serving's prediction_log.proto, predict.proto and model.proto that are of use here
    "ModelSpec": {"signature_name": (3, "string")},
    "Input": {"key": (1, "string"), "value": (2, tensor_pb2.TensorProto.DESCRIPTOR.full_name)},
    "PredictRequest": {"model_spec": (1, "ModelSpec"), "inputs": (2, "Input")},
    "PredictLog": {"request": (1, "PredictRequest")},
    "PredictionLog": {"predict_log": (6, "PredictLog")},
}


def write_warmup(folder: Path, served: Mapping[str, Signature]) -> None:
    """Write a request of one row for each signature that is not of before, as TFRecord of `PredictionLog`.

    Args:
        folder: A version's directory.
        served: The signatures by name.
    """
    (folder / FILE).parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / FILE)) as writer:
        for name, signature in served.items():
            if name.startswith("legacy_"):
                continue
            log = _prediction_log()()
            request = log.predict_log.request
            request.model_spec.signature_name = name
            for spec in signature.inputs:
                request.inputs.add(key=spec.name, value=tf.make_tensor_proto(_row(spec), spec.dtype))
            writer.write(log.SerializeToString(deterministic=True))


def _row(spec: tf.TensorSpec) -> Any:
    """Return a batch of one that an input takes."""
    if spec.dtype == tf.string:
        return [tf.io.encode_png(tf.zeros([4, 4, 1], tf.uint8)).numpy()]
    if spec.name == "weights":
        return tf.fill([1, spec.shape[1]], 1 / spec.shape[1]).numpy()
    return (tf.ones if spec.name == "variance_scale" else tf.zeros)([1, *spec.shape[1:]], spec.dtype).numpy()


@cache
def _prediction_log() -> type:
    """Return the class of a `PredictionLog`; on the wire it is TF Serving's own, whose package is not needed."""
    kind = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="tfgmmgan/warmup.proto",
        package="tfgmmgan.warmup",
        syntax="proto3",
        dependency=[tensor_pb2.DESCRIPTOR.name],
    )
    for message, fields in FIELDS.items():
        described = file.message_type.add(name=message)
        for field, (number, of) in fields.items():
            label = kind.LABEL_REPEATED if field == "inputs" else kind.LABEL_OPTIONAL
            if of == "string":
                described.field.add(name=field, number=number, type=kind.TYPE_STRING, label=label)
            else:
                full = f".{of}" if "." in of else f".tfgmmgan.warmup.{of}"
                described.field.add(name=field, number=number, type=kind.TYPE_MESSAGE, type_name=full, label=label)
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tfgmmgan.warmup.PredictionLog"))
