"""What is too much, and how a server ends."""

import contextlib
import io
import re
import socket
import time
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
import pytest
import requests
import tensorflow as tf
from PIL import Image
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tfgmmgan.serving.server import process

ASKED = {"signature_name": "sample", "instances": [5]}
BODY = b'{"signature_name": "sample", "instances": [5]}'


@pytest.fixture(scope="module")
def server(serving):
    with serving(max_requests=8) as running:
        yield running


def begin(server):
    """Return a connection on which a request has begun."""
    host, port = server.root.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=20)
    head = f"POST /v1/models/tiny:predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(BODY)}\r\n\r\n"
    connection.sendall(head.encode() + BODY[:5])
    return connection


def await_requests(server, count):
    """Wait until so many requests are under way."""
    said = f"tfgmmgan_requests_under_way {float(count)}"
    for _ in range(200):
        if said in requests.get(f"{server.root}/monitoring/prometheus/metrics").text:
            return
        time.sleep(0.05)
    raise AssertionError(f"no {count} requests")


def test_many_clients_at_once_each_get_their_own(server, direct):
    asked = [(("sample", "generate_png")[at % 2], 1 + at % 3, at) for at in range(60)]

    def call(one):
        name, rows, seed = one
        inputs = {"seed": [seed + at for at in range(rows)]}
        if name == "generate_png":
            inputs |= {"component": [seed % 3] * rows, "variance_scale": [1] * rows}
        return server.post({"signature_name": name, "inputs": inputs}).json()["outputs"]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, asked))
        metrics = requests.get(f"{server.root}/monitoring/prometheus/metrics").text
    for (name, rows, seed), answer in zip(asked, answers, strict=True):
        seeds = tf.range(seed, seed + rows, dtype=tf.int64)
        if name == "sample":
            expected = direct.sample(seed=seeds)
            np.testing.assert_allclose(answer["examples"], expected["examples"], atol=1e-6)
            assert answer["component"] == expected["component"].numpy().tolist()
        else:
            kinds, scales = tf.fill([rows], seed % 3), tf.ones([rows])
            files = direct.generate_png(component=kinds, variance_scale=scales, seed=seeds)["image_bytes"].numpy()
            for file, expected in zip(answer, files, strict=True):
                found, expected = (
                    np.asarray(Image.open(io.BytesIO(one)), int) for one in (b64decode(file["b64"]), expected)
                )
                assert abs(found - expected).max() <= 1
    (batches,) = re.findall(r"^tfgmmgan_batch_rows_count (\S+)", metrics, re.M)
    assert float(batches) < 60  # some went together


def test_one_request_more_is_503_until_there_is_room(server):
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(begin(server)) for _ in range(8)]
        await_requests(server, 8)
        answer = server.post(ASKED)
        assert answer.status_code == 503 and answer.json() == {"error": "8 requests are under way; try again later."}
        request = predict_pb2.PredictRequest(model_spec={"name": "tiny", "signature_name": "sample"})
        request.inputs["seed"].CopyFrom(tf.make_tensor_proto([5], tf.int64))
        with grpc.insecure_channel(server.grpc) as channel, pytest.raises(grpc.RpcError) as raised:
            prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request)
        assert raised.value.code() == grpc.StatusCode.UNAVAILABLE
        assert requests.get(server.url).status_code == 200
        for connection in connections:
            connection.sendall(BODY[5:])
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        assert server.post(ASKED).status_code == 200


def test_what_was_accepted_is_answered_when_the_server_ends(serving, monkeypatch):
    monkeypatch.setattr(process, "LINGER", 3.0)
    with serving() as server, begin(server) as connection, begin(server) as other:
        await_requests(server, 2)
        server.stop()
        time.sleep(0.5)
        assert requests.get(f"{server.root}/healthz").status_code == 503
        time.sleep(5)
        with pytest.raises(requests.ConnectionError):
            requests.get(server.url)
        for accepted in (connection, other):
            accepted.sendall(BODY[5:])
            answer = b"".join(iter(lambda accepted=accepted: accepted.recv(65536), b""))
            assert answer.startswith(b"HTTP/1.1 200") and b"connection: close" in answer and answer.endswith(b"]}")


def test_who_does_not_finish_in_time_is_not_waited_for(serving):
    with serving(grace_s=0.2) as server, begin(server):
        await_requests(server, 1)
        started = time.monotonic()
        server.stop()
    assert time.monotonic() - started < 5
