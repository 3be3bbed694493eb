"""What is too much, and how a server ends."""

import socket
import time

import grpc
import pytest
import requests
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

ASKED = {"signature_name": "sample", "instances": [5]}
BODY = b'{"signature_name": "sample", "instances": [5]}'


def begin(server):
    """Return a connection on which a request has begun."""
    host, port = server.root.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=20)
    head = f"POST /v1/models/tiny:predict HTTP/1.1\r\nHost: a\r\nContent-Length: {len(BODY)}\r\n\r\n"
    connection.sendall(head.encode() + BODY[:5])
    time.sleep(0.2)
    return connection


def test_one_request_more_is_503_until_there_is_room(serving):
    with serving(max_requests=1) as server, begin(server) as connection:
        answer = server.post(ASKED)
        assert answer.status_code == 503 and answer.json() == {"error": "1 requests are under way; try again later."}
        request = predict_pb2.PredictRequest(model_spec={"name": "tiny", "signature_name": "sample"})
        request.inputs["seed"].CopyFrom(tf.make_tensor_proto([5], tf.int64))
        with grpc.insecure_channel(server.grpc) as channel, pytest.raises(grpc.RpcError) as raised:
            prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request)
        assert raised.value.code() == grpc.StatusCode.UNAVAILABLE
        assert requests.get(server.url).status_code == 200
        connection.sendall(BODY[5:])
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        assert server.post(ASKED).status_code == 200


def test_what_was_accepted_is_answered_when_the_server_ends(serving):
    with serving() as server, begin(server) as connection, begin(server) as other:
        server.stop()
        time.sleep(0.1)
        assert requests.get(f"{server.root}/healthz").status_code == 503
        time.sleep(0.8)
        with pytest.raises(requests.ConnectionError):
            requests.get(server.url)
        for accepted in (connection, other):
            accepted.sendall(BODY[5:])
            answer = b"".join(iter(lambda accepted=accepted: accepted.recv(65536), b""))
            assert answer.startswith(b"HTTP/1.1 200") and b"connection: close" in answer and answer.endswith(b"]}")


def test_who_does_not_finish_in_time_is_not_waited_for(serving):
    with serving(grace_s=0.2) as server, begin(server):
        started = time.monotonic()
        server.stop()
    assert time.monotonic() - started < 5
