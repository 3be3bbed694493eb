"""What the guide to serving says, read by TF Serving's own API package."""

import re
from concurrent import futures
from pathlib import Path

import pytest
import tensorflow as tf

import tfgmmgan

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "serving.md").read_text()


def block(language, words):
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    found = [code for of, code in blocks if of == language and words in code]
    assert len(found) == 1
    return found[0]


def test_models_config_is_one():
    config = pytest.importorskip("tensorflow_serving.config.model_server_config_pb2")
    from google.protobuf import text_format

    read = text_format.Parse(block("", "model_config_list"), config.ModelServerConfig())
    (model,) = read.model_config_list.config
    assert (model.name, model.base_path, model.model_platform) == ("digits", "/models/digits", "tensorflow")
    assert list(model.model_version_policy.specific.versions) == [1, 2]
    assert dict(model.version_labels) == {"stable": 1, "canary": 2}


def test_the_grpc_request_is_answered(tiny_modegan, tmp_path):
    """By a server that hands a request to the exported model, as TF Serving does."""
    service = pytest.importorskip("tensorflow_serving.apis.prediction_service_pb2_grpc")
    import grpc
    from tensorflow_serving.apis import predict_pb2

    model = tiny_modegan(num_components=4)
    served = tf.saved_model.load(str(tfgmmgan.export(model, tmp_path))).signatures

    class Server(service.PredictionServiceServicer):
        def Predict(self, request, context):
            given = {name: tf.constant(tf.make_ndarray(value)) for name, value in request.inputs.items()}
            answer = predict_pb2.PredictResponse(model_spec=request.model_spec)
            for name, value in served[request.model_spec.signature_name](**given).items():
                answer.outputs[name].CopyFrom(tf.make_tensor_proto(value))
            return answer

    server = grpc.server(futures.ThreadPoolExecutor(1))
    service.add_PredictionServiceServicer_to_server(Server(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        names = {}
        exec(block("py", "grpc").replace("localhost:8500", f"127.0.0.1:{port}"), names)
    finally:
        server.stop(None)
    assert names["answer"].model_spec.name == "digits"
    for row in range(2):
        expected = model.generate(1, component=3, seed=row)[0]
        tf.debugging.assert_near(names["examples"][row], expected, atol=1e-5)
