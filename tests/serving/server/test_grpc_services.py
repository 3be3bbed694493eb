"""The gRPC door by TF Serving's own stubs."""

import re

import grpc
import numpy as np
import pytest
import tensorflow as tf
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

COLUMNS = {
    "component": np.array([2, 0], np.int32),
    "variance_scale": np.array([0.5, 1], np.float32),
    "seed": np.array([2**40 + 3, -5]),
}


@pytest.fixture(scope="module")
def channel(server):
    with grpc.insecure_channel(server.grpc) as channel:
        yield channel


@pytest.fixture
def predict(channel):
    def call(signature, inputs, **spec):
        request = predict_pb2.PredictRequest(output_filter=spec.pop("output_filter", ()))
        request.model_spec.name = spec.pop("name", "tiny")
        request.model_spec.signature_name = signature
        for name, value in spec.items():
            (request.model_spec.version.__setattr__ if name == "value" else request.model_spec.__setattr__)(name, value)
        for name, value in inputs.items():
            is_proto = isinstance(value, TensorProto)
            request.inputs[name].CopyFrom(value if is_proto else tf.make_tensor_proto(value))
        return prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=30)

    return call


def test_watchers_of_its_health_block_nobody(serving):
    """More of them than asyncio has threads; that the server ends is told by `serving`."""
    with serving() as server, grpc.insecure_channel(server.grpc) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        watching = [stub.Watch(health_pb2.HealthCheckRequest()) for _ in range(40)]
        assert {next(one).status for one in watching} == {health_pb2.HealthCheckResponse.SERVING}
        large = '{"signature_name": "sample", "instances": [1]}' + 40000 * " "  # for a thread
        assert server.post(large).status_code == 200
        server.stop()
        assert {next(one).status for one in watching} == {health_pb2.HealthCheckResponse.NOT_SERVING}
        for one in watching:
            one.cancel()


def test_answers_are_the_model_s_own_to_the_bit(predict, direct):
    answer = predict("generate", COLUMNS)
    assert answer.model_spec.name == "tiny" and answer.model_spec.version.value == 1
    assert answer.model_spec.signature_name == "generate"
    expected = direct.generate(**{name: tf.constant(value) for name, value in COLUMNS.items()})
    np.testing.assert_array_equal(tf.make_ndarray(answer.outputs["examples"]), expected["examples"])
    assert predict("", COLUMNS, value=1).model_spec.signature_name == "serving_default"
    files = predict("generate_png", COLUMNS).outputs["image_bytes"]
    expected = direct.generate_png(**{name: tf.constant(value) for name, value in COLUMNS.items()})
    assert tf.make_ndarray(files).tolist() == expected["image_bytes"].numpy().tolist()
    told = predict("responsibilities_bytes", {"image_bytes": tf.make_ndarray(files)}).outputs["responsibilities"]
    np.testing.assert_array_equal(
        tf.make_ndarray(told), direct.responsibilities_bytes(image_bytes=expected["image_bytes"])["responsibilities"]
    )
    drawn = predict("legacy_sample", {"seed": np.array([1, 2], np.int32), "num": np.int32(3)}).outputs
    assert tf.make_ndarray(drawn["examples"]).shape == (3, 8, 8, 1)


def test_an_output_alone(predict):
    assert set(predict("sample", {"seed": np.array([1])}).outputs) == {"examples", "component"}
    assert set(predict("sample", {"seed": np.array([1])}, output_filter=["component"]).outputs) == {"component"}


def test_metadata_status_and_health(channel, direct):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "tiny"
    answer = prediction_service_pb2_grpc.PredictionServiceStub(channel).GetModelMetadata(request)
    found = get_model_metadata_pb2.SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(found) and answer.model_spec.version.value == 1
    assert set(direct.loaded.signatures) <= set(found.signature_def)
    assert found.signature_def["sample"].inputs["seed"].dtype == tf.int64.as_datatype_enum
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "tiny"
    (version,) = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(request).model_version_status
    assert version.version == 1 and version.state == version.AVAILABLE
    for name in ("", "tensorflow.serving.PredictionService"):
        health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=name))
        assert health.status == health.SERVING


def proto(dtype, shape, **values):
    sizes = [{"size": size} for size in shape]
    return TensorProto(dtype=dtype.as_datatype_enum, tensor_shape={"dim": sizes}, **values)


UNKNOWN = TensorProto(dtype=tf.int64.as_datatype_enum, tensor_shape={"unknown_rank": True})
WRONG = {
    "signature": ("sampel", {"seed": np.array([1])}, {}, "Did you mean 'sample'"),
    "long names": ("sample" * 9999, {"seed" * 9999: np.array([1])}, {}, "There is no signature"),
    "no inputs": ("sample", {}, {}, "takes the inputs seed; got none"),
    "input's name": ("sample", {"seeds": np.array([1])}, {}, "takes the inputs seed; got seeds"),
    "extra input": ("sample", {"seed": np.array([1]), "b": np.array([1])}, {}, "takes the inputs seed; got b, seed"),
    "dtype": ("sample", {"seed": np.array([1], np.int32)}, {}, "'seed' must be int64"),
    "dtype string": ("sample", {"seed": np.array([b"a"])}, {}, "'seed' must be int64"),
    "rank": ("sample", {"seed": np.array([[1]])}, {}, r"\(n\); got \(1, 1\)"),
    "scalar": ("sample", {"seed": np.int64(1)}, {}, r"\(n\); got \(\)"),
    "empty": ("sample", {"seed": np.zeros(0, np.int64)}, {}, "batch is empty"),
    "unequal": ("generate", {**COLUMNS, "seed": np.array([1])}, {}, "as many rows"),
    "rows": ("sample", {"seed": np.arange(9)}, {}, "may have 8 rows; got 9"),
    "rows that are not there": ("sample", {"seed": proto(tf.int64, [10**15], int64_val=[1])}, {}, "may have 8 rows"),
    "negative size": ("sample", {"seed": proto(tf.int64, [-5])}, {}, "negative sizes"),
    "unknown rank": ("sample", {"seed": UNKNOWN}, {}, "without unknown"),
    "no dtype": ("sample", {"seed": TensorProto()}, {}, "'seed' must be int64"),
    "short content": ("sample", {"seed": proto(tf.int64, [2], tensor_content=b"123")}, {}, "as many values"),
    "long content": ("sample", {"seed": proto(tf.int64, [1], tensor_content=b"1" * 16)}, {}, "as many values"),
    "many values": ("sample", {"seed": proto(tf.int64, [1], int64_val=[1, 2, 3])}, {}, "as many values"),
    "values of another type": (
        "responsibilities_bytes",
        {"image_bytes": proto(tf.string, [1], tensor_content=b"12345678")},
        {},
        "as many values|whole PNG",
    ),
    "component": ("generate", {**COLUMNS, "component": np.array([3, 0], np.int32)}, {}, r"must be in \[0, 3\)"),
    "NaN": ("generate", {**COLUMNS, "variance_scale": np.array([np.nan, 1], "f4")}, {}, "must be finite"),
    "no image": ("responsibilities_bytes", {"image_bytes": np.array([b"no image"])}, {}, "whole PNG, JPEG, GIF or BMP"),
    "output": ("sample", {"seed": np.array([1])}, {"output_filter": ["latents"]}, "no output 'latents'"),
    "label": ("sample", {"seed": np.array([1])}, {"version_label": "stable"}, "label 'stable'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_request_is_invalid_with_one_sentence(predict, case):
    signature, inputs, spec, says = WRONG[case]
    with pytest.raises(grpc.RpcError) as raised:
        predict(signature, inputs, **spec)
    assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT, raised.value
    told = raised.value.details()
    assert re.search(says, told), told
    assert "\n" not in told and told.endswith(".") and not re.search(r"node |\{\{|__inference|numpy", told)
    assert predict("sample", {"seed": np.array([1])}).outputs


def test_other_refusals(predict, channel):
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    codes = grpc.StatusCode
    for spec, code in (({"name": "other"}, codes.NOT_FOUND), ({"value": 2}, codes.NOT_FOUND)):
        with pytest.raises(grpc.RpcError) as raised:
            predict("sample", {"seed": np.array([1])}, **spec)
        assert raised.value.code() == code
    with pytest.raises(grpc.RpcError) as raised:
        predict("responsibilities_bytes", {"image_bytes": np.array([b"x" * 2**19])})
    assert raised.value.code() == codes.RESOURCE_EXHAUSTED
    metadata = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["more"], model_spec={"name": "tiny"})
    with pytest.raises(grpc.RpcError) as raised:
        stub.GetModelMetadata(metadata)
    assert raised.value.code() == codes.INVALID_ARGUMENT
    status = get_model_status_pb2.GetModelStatusRequest(model_spec={"name": "other"})
    with pytest.raises(grpc.RpcError) as raised:
        model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(status)
    assert raised.value.code() == codes.NOT_FOUND
    assert predict("sample", {"seed": np.array([1])}).outputs
