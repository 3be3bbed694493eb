"""The server as a process: its ports, its end in the middle of load, and several of it."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from itertools import takewhile

import grpc
import numpy as np
import psutil
import pytest
import requests
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tfgmmgan.serving.server.model import find_version
from tfgmmgan.serving.server.process import listen
from tfgmmgan.utils.errors import UserError


@pytest.mark.parametrize("option", ["rest_port", "grpc_port"])
def test_a_port_that_is_taken_is_an_error_of_one_line(option):
    with listen() as place:
        for door in ("rest", "grpc"):
            port = int(place.address(door).rpartition(":")[2])
            if door == "grpc":
                place.grpc.listen()
            says = rf"127.0.0.1:{port} can't be had .* Choose another --{option}"
            with pytest.raises(UserError, match=says), listen(**{option: port}):
                pass
    with pytest.raises(UserError, match="can't be had"), listen("192.0.2.1"):
        pass


def test_listening_to_ipv6():
    with listen("::1") as place:
        assert re.fullmatch(r"\[::1\]:\d+", place.address("rest"))


def test_a_run_a_base_path_and_a_saved_model(tmp_path):
    with pytest.raises(UserError, match="has no exported model; expected a run directory"):
        find_version(tmp_path)
    for version in ("2", "10", "temporary"):
        (tmp_path / "run" / "serving" / version).mkdir(parents=True)
        (tmp_path / "run" / "serving" / version / "saved_model.pb").touch()
    newest = tmp_path / "run" / "serving" / "10"
    assert find_version(tmp_path / "run") == find_version(newest.parent) == find_version(newest) == newest
    temporary = newest.parent / "temporary"
    assert find_version(temporary) == temporary


@pytest.fixture
def start(exported):
    """Return a starter of `serve` processes: the process, its REST and its gRPC address."""
    started = []

    def start(*options):
        command = [
            sys.executable,
            "-m",
            "tfgmmgan",
            "serve",
            exported,
            "--rest_port",
            "0",
            "--grpc_port",
            "0",
            *options,
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        text = "".join(takewhile(lambda line: line != "Ctrl-C ends it.\n", process.stdout))
        assert "gRPC: " in text, process.stderr.read()
        return process, re.search(r"^REST: (.*)", text, re.M)[1], re.search(r"^gRPC: (.*)", text, re.M)[1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_sigterm_in_the_middle_of_load_answers_what_was_accepted(start, direct, workers):
    process, url, address = start("--workers", workers)
    expected = direct.sample(seed=tf.constant([5], tf.int64))["examples"].numpy()
    ended, answered, lost = threading.Event(), [], []

    def rest(session):
        asked = {"signature_name": "sample", "inputs": [5]}
        return np.float32(session.post(f"{url}:predict", json=asked, timeout=60).json()["outputs"]["examples"])

    def tensors(stub):
        request = predict_pb2.PredictRequest(model_spec={"name": "model", "signature_name": "sample"})
        request.inputs["seed"].CopyFrom(tf.make_tensor_proto([5], tf.int64))
        return tf.make_ndarray(stub.Predict(request, timeout=60).outputs["examples"])

    def client(ask, of):
        while not ended.is_set():
            begun = time.monotonic()
            try:
                np.testing.assert_allclose(ask(of), expected, atol=1e-6)
                answered.append(begun)
            except (requests.ConnectionError, grpc.RpcError):
                lost.append(begun)
                return

    channel = grpc.insecure_channel(address)
    clients = [threading.Thread(target=client, args=(rest, requests.Session())) for _ in range(12)]
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    clients += [threading.Thread(target=client, args=(tensors, stub)) for _ in range(4)]
    for one in clients:
        one.start()
    time.sleep(2)
    terminated = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    ended.set()
    for one in clients:
        one.join(timeout=60)
    assert process.stderr.read() == ""
    assert len([begun for begun in answered if begun < terminated]) > 16
    assert not [begun for begun in lost if begun < terminated]
    assert len(lost) == 16  # all of them noticed at last


@pytest.mark.slow
def test_several_processes_share_the_ports_and_count_together(start):
    process, url, _ = start("--workers", "2")
    workers = [child for child in psutil.Process(process.pid).children() if child.memory_info().rss > 2e8]
    assert len(workers) == 2
    for seed in range(30):
        asked = {"signature_name": "sample", "instances": [seed]}
        assert requests.post(f"{url}:predict", json=asked).status_code == 200  # a connection each
    metrics = requests.get(f"{url.partition('/v1')[0]}/monitoring/prometheus/metrics").text
    assert 'tfgmmgan_rows_total{signature="sample"} 30.0' in metrics
    os.kill(workers[0].pid, signal.SIGKILL)
    assert process.wait(timeout=60) == 2
    assert "A worker ended by itself" in process.stderr.read()
    with pytest.raises(requests.ConnectionError):
        requests.get(url)


@pytest.mark.slow
def test_the_port_of_a_running_server_is_taken_and_none_of_its_processes_outlives_it(start):
    process, url, address = start("--workers", "2")
    for option, port in (("rest_port", re.search(r":(\d+)/", url)[1]), ("grpc_port", address.rpartition(":")[2])):
        with pytest.raises(UserError, match=f"{port} can't be had"), listen(**{option: int(port)}):
            pass
    workers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    assert len(workers) > 1 and not psutil.wait_procs(workers, timeout=30)[1]
