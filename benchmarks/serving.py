"""What `serve` adds to a bare call, and whether it holds under load.

python -m benchmarks.serving saved_models/mnist-modegan-seed0
python -m benchmarks.serving RUN --clients 64 --minutes 5

First a lone client: the milliseconds of a call of the SavedModel in this process, of REST and of gRPC, taking turns.
Then many clients with requests of every signature by both doors: each answer is compared with that of the SavedModel
alone, and the server's memory is looked at each second. In the middle of the load SIGTERM: what was begun before must
be answered.
"""

import argparse
import base64
import http.client
import io
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from itertools import takewhile
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import orjson
import psutil
import tensorflow as tf
from PIL import Image
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from benchmarks.timing import measure, print_machine, write_json
from tfgmmgan.serving.server.model import find_version

WARM = 0.2  # the part of the load after which memory should not grow
DIFFERENT = 50  # requests of each signature


def make_inputs(signature: Any, components: int, rows: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return random inputs that a signature takes."""
    inputs = {}
    for name, spec in signature.structured_input_signature[1].items():
        shape = (rows, *spec.shape[1:])
        if name == "image_bytes":
            files = [io.BytesIO() for _ in range(rows)]
            for file in files:
                Image.fromarray(rng.integers(0, 256, (40, 30), dtype=np.uint8)).save(file, "PNG")
            inputs[name] = np.array([file.getvalue() for file in files], object)
        else:
            inputs[name] = {
                "component": lambda: rng.integers(components, size=rows),
                "variance_scale": lambda shape=shape: rng.uniform(0, 1, shape),
                "seed": lambda: rng.integers(2**40, size=rows),
                "weights": lambda: rng.dirichlet(np.ones(components), rows),
                "images": lambda spec=spec, shape=shape: (
                    rng.integers(0, 256, shape) if spec.dtype == tf.uint8 else rng.uniform(-1, 1, shape)
                ),
            }[name]().astype(spec.dtype.as_numpy_dtype)
    return inputs


def call(signature: Any, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what the SavedModel answers."""
    specs = signature.structured_input_signature[1]
    tensors = {name: tf.constant(value, specs[name].dtype) for name, value in inputs.items()}
    return {name: value.numpy() for name, value in signature(**tensors).items()}


class Rest:
    """A client with one connection."""

    def __init__(self, url: str, address: str) -> None:
        host, self.path = re.fullmatch(r"http://(.*?)(/.*)", url).groups()
        self.connection = http.client.HTTPConnection(host, timeout=120)

    def request(self, name: str, inputs: dict[str, np.ndarray]) -> bytes:
        """Return a request's body."""
        columns = {
            key: [{"b64": base64.b64encode(one).decode()} for one in value] if value.dtype == object else value
            for key, value in inputs.items()
        }
        return orjson.dumps({"signature_name": name, "inputs": columns}, option=orjson.OPT_SERIALIZE_NUMPY)

    def ask(self, body: bytes) -> bytes:
        """Send a request and return the answer as it came."""
        self.connection.request("POST", f"{self.path}:predict", body)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {content[:200].decode()}")
        return content

    def read(self, answer: bytes, expected: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return an answer's arrays."""
        outputs = orjson.loads(answer)["outputs"]
        outputs = outputs if len(expected) > 1 else {next(iter(expected)): outputs}
        return {
            name: np.array([base64.b64decode(one["b64"]) for one in value], object)
            if name.endswith("_bytes")
            else np.array(value)
            for name, value in outputs.items()
        }


class Grpc:
    """A client with one channel."""

    def __init__(self, url: str, address: str) -> None:
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]
        self.stub = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel(address, options))

    def request(self, name: str, inputs: dict[str, np.ndarray]) -> predict_pb2.PredictRequest:
        """Return a request."""
        request = predict_pb2.PredictRequest(model_spec={"name": "model", "signature_name": name})
        for key, value in inputs.items():
            request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
        return request

    def ask(self, request: predict_pb2.PredictRequest) -> predict_pb2.PredictResponse:
        """Send a request and return the answer."""
        return self.stub.Predict(request, timeout=120)

    def read(self, answer: predict_pb2.PredictResponse, expected: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return an answer's arrays."""
        return {name: tf.make_ndarray(value) for name, value in answer.outputs.items()}


def is_same(answer: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> bool:
    """Return whether an answer is the expected one, up to rounding in other batches; of files, a level of grey."""

    def pixels(files: np.ndarray) -> np.ndarray:
        return np.stack([np.asarray(Image.open(io.BytesIO(file)), int) for file in files])

    if set(answer) != set(expected):
        return False
    for name, value in expected.items():
        if value.dtype == object:
            if abs(pixels(answer[name]) - pixels(value)).max() > 1:
                return False
        elif not np.allclose(answer[name], value, atol=1e-4, rtol=1e-4):
            return False
    return True


class Load:
    """Many clients, until `ended`."""

    def __init__(self, where: tuple[str, str], asked: list[tuple]) -> None:
        self.where, self.asked, self.ended = where, asked, threading.Event()
        self.answered: list[float] = []  # when they were begun
        self.taken: dict[str, list[float]] = defaultdict(list)
        self.wrong: list[str] = []
        self.lost: list[float] = []

    def client(self, number: int) -> None:
        """Ask one thing after the other; end when the server is gone."""
        rng = np.random.default_rng(number)
        of = (Rest, Grpc)[number % 2](*self.where)
        while not self.ended.is_set():
            name, inputs, expected = self.asked[rng.integers(len(self.asked))]
            request, begun = of.request(name, inputs), time.monotonic()
            try:
                answer = of.ask(request)
            except (OSError, http.client.HTTPException, grpc.RpcError, RuntimeError) as error:
                self.lost.append(begun)
                if not isinstance(error, RuntimeError):
                    return
                continue
            self.taken[name].append(1000 * (time.monotonic() - begun))
            self.answered.append(begun)
            if not is_same(of.read(answer, expected), expected):
                self.wrong.append(name)


def lone(served: dict, where: tuple[str, str], components: int, batches: list[int], rounds: int) -> list[dict]:
    """Print and return a row for each signature and batch: milliseconds of a bare call, of REST and of gRPC."""
    rows, rng = [], np.random.default_rng(0)
    print(f"{'':<16}{'BATCH':>6}{'BY':>12}{'P50 MS':>9}{'P99 MS':>9}{'ADDED, P50':>12}")
    for name in ("generate", "generate_png"):
        for batch in batches:
            inputs = make_inputs(served[name], components, batch, rng)
            steps = {"SavedModel": lambda name=name, inputs=inputs: call(served[name], inputs)}
            for door in (Rest, Grpc):
                of = door(*where)
                request = of.request(name, inputs)
                steps[door.__name__] = lambda of=of, request=request: of.ask(request)
            taken = measure(steps, max(2, rounds // max(1, batch // 16)))
            bare = np.percentile(taken["SavedModel"], 50)
            for by, times in taken.items():
                p50, p99 = np.percentile(times, [50, 99])
                rows.append({"signature": name, "batch": batch, "by": by, "p50_ms": p50, "p99_ms": p99})
                print(f"{name:<16}{batch:>6}{by:>12}{p50:>9.2f}{p99:>9.2f}{p50 - bare:>12.2f}", flush=True)
    return rows


def loaded(server: subprocess.Popen, load: Load, clients: int, seconds: float) -> dict:
    """Put a server under load, end it in the middle, and return what was seen."""
    threads = [threading.Thread(target=load.client, args=(number,)) for number in range(clients)]
    process, memory, begun = psutil.Process(server.pid), [], time.monotonic()
    for thread in threads:
        thread.start()
    while time.monotonic() - begun < seconds:
        memory.append(process.memory_info().rss / 2**20)
        time.sleep(min(1, seconds / 10))
    terminated = time.monotonic()
    server.send_signal(signal.SIGTERM)
    code = server.wait(timeout=120)
    ended = time.monotonic()
    load.ended.set()
    for thread in threads:
        thread.join()
    warm = memory[int(WARM * len(memory)) :]
    tenth = max(1, len(warm) // 10)
    times = np.concatenate([*load.taken.values()])
    return {
        "answered": len(load.answered),
        "per_second": len(load.answered) / (terminated - begun),
        "p50_ms": float(np.percentile(times, 50)),
        "p99_ms": float(np.percentile(times, 99)),
        "wrong": len(load.wrong),
        "errors_before_sigterm": sum(one < terminated for one in load.lost),
        "answered_after_sigterm": sum(one >= terminated for one in load.answered),
        "exit_code": code,
        "seconds_to_end": ended - terminated,
        "memory_mib": memory,
        "warm_mib": float(np.median(warm[:tenth])),
        "memory_growth": float(np.median(warm[-tenth:]) / np.median(warm[:tenth]) - 1),
    }


def main(arguments: list[str] | None = None) -> dict:
    """Measure, print, return what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", help="a run directory, a directory of versions, or a SavedModel")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--minutes", type=float, default=5, help="of load (default: %(default)s)")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16, 256], help="of a lone client")
    parser.add_argument("--rounds", type=int, default=200, help="calls of a lone client (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)

    print_machine()
    model = tf.saved_model.load(str(find_version(options.run)))
    served = {name: one for name, one in model.signatures.items() if not name.startswith(("legacy_", "serving_"))}
    components = served["interpolate"].structured_input_signature[1]["weights"].shape[1]
    rng = np.random.default_rng(0)
    asked = []
    for name, signature in served.items():
        for _ in range(DIFFERENT):
            inputs = make_inputs(signature, components, int(rng.integers(1, 5)), rng)
            asked.append((name, inputs, call(signature, inputs)))

    command = [sys.executable, "-m", "tfgmmgan", "serve", options.run, "--rest_port=0", "--grpc_port=0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        text = "".join(takewhile(lambda line: line != "Ctrl-C ends it.\n", server.stdout))
        if server.poll() is not None:
            raise SystemExit("The server did not start.")
        where = re.search(r"^REST: (.*)", text, re.M)[1], re.search(r"^gRPC: (.*)", text, re.M)[1]
        rows = lone(served, where, components, options.batches, options.rounds)
        found = loaded(server, Load(where, asked), options.clients, 60 * options.minutes)
    finally:
        server.kill()
        server.wait()
    print(json.dumps({name: value for name, value in found.items() if name != "memory_mib"}, indent=2))
    return write_json(options.json, {"lone": rows, "load": found})


if __name__ == "__main__":
    main()
