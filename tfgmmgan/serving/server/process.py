"""From a model to one or several processes that serve it, and to their end."""

import asyncio
import contextlib
import gc
import multiprocessing
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from typing import NamedTuple

import orjson
import uvicorn

from tfgmmgan.serving.server.grpc_services import make_grpc_server
from tfgmmgan.serving.server.limits import Limits
from tfgmmgan.serving.server.model import Request, ServedModel, find_version
from tfgmmgan.serving.server.rest import rest_app
from tfgmmgan.serving.server.service import Service
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.local_hosts import is_local

__all__ = ["Place", "listen", "run", "serve"]

LINGER = 0.3  # seconds in which connections are told to close


class Place(NamedTuple):
    """Where a server listens.

    Attributes:
        host: An address of this machine.
        rest: The socket that listens for REST.
        grpc: A socket that holds the port of gRPC, which opens it anew.
    """

    host: str
    rest: socket.socket
    grpc: socket.socket

    def address(self, door: str) -> str:
        """Return host and port of "rest" or "grpc"."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{getattr(self, door).getsockname()[1]}"


@contextlib.contextmanager
def listen(host: str = "127.0.0.1", rest_port: int = 0, grpc_port: int = 0) -> Iterator[Place]:
    """Give the ports to a server, and close them.

    Args:
        host: An address of this machine. Default "127.0.0.1".
        rest_port: 0, the default, for any that is free.
        grpc_port: Likewise.

    Raises:
        UserError: If a port can't be had.
    """
    if not hasattr(socket, "SO_REUSEPORT"):
        raise UserError("Serving needs Linux or macOS, or a container: this system's ports can't be shared.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.ExitStack() as stack:

        def bound(option: str, port: int, shared: bool) -> socket.socket:
            try:
                return stack.enter_context(socket.create_server((host, port), family=family, reuse_port=shared))
            except (OSError, OverflowError) as error:
                raise UserError(
                    f"{host}:{port} can't be had ({error}). Choose another --{option} or --host."
                ) from error

        rest = bound("rest_port", rest_port, shared=False)
        rest.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else an answer's end waits 40 ms for its start
        alone = bound("grpc_port", grpc_port, shared=False)  # nobody else's
        port = alone.getsockname()[1]
        alone.close()
        grpc = stack.enter_context(socket.socket(family))  # holds the port, and does not listen
        grpc.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            grpc.bind((host, port))
        except OSError as error:  # somebody else was faster
            raise UserError(f"{host}:{port} can't be had ({error}). Choose another --grpc_port or --host.") from error
        yield Place(host, rest, grpc)


class _Http(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `serve`, which has two doors to close."""
        yield


async def serve(
    path: str, name: str, place: Place, limits: Limits, ready: Callable[[str], None], stop: asyncio.Event
) -> None:
    """Load a model and serve it until `stop`; then answer what was accepted.

    Args:
        path: A run directory, a directory of versions, or a SavedModel.
        name: What clients call the model.
        place: Where to listen.
        limits: How much is taken.
        ready: Is told what is served where, as lines.
        stop: Ends it.
    """
    model = ServedModel(find_version(path), name, limits)
    first = model.warm_up()
    gc.collect()
    gc.freeze()  # what was loaded stays, so that no request waits until all of it was looked through
    service = Service(model)
    config = uvicorn.Config(
        rest_app(service, is_local(place.address("rest"))),
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="error",
        server_header=False,
        timeout_graceful_shutdown=limits.grace_s,
    )
    http, (grpc, health) = _Http(config), await make_grpc_server(service, place.address("grpc"))
    await grpc.start()
    serving = asyncio.create_task(http.serve([place.rest]))
    while not http.started:
        await asyncio.sleep(0.01)
    ready(_announcement(model, place, first))
    await stop.wait()
    service.stopping = True
    await health.enter_graceful_shutdown()
    await asyncio.sleep(LINGER)
    http.should_exit = True
    await asyncio.gather(serving, grpc.stop(limits.grace_s))


def _announcement(model: ServedModel, place: Place, first: Request | None) -> str:
    """Return what is served where, and a line to try it by."""
    url = f"http://{place.address('rest')}/v1/models/{model.name}"
    lines = [
        f"{model.path} is served as '{model.name}', version {model.version}.",
        f"Signatures: {', '.join(sorted(model.signatures))}",
        f"REST: {url}",
        f"gRPC: {place.address('grpc')}",
    ]
    if first and not any(array.dtype == object for array in first.inputs.values()):
        asked = {"signature_name": first.signature, "inputs": first.inputs}
        lines.append(f"Try: curl -d '{orjson.dumps(asked, option=orjson.OPT_SERIALIZE_NUMPY).decode()}' {url}:predict")
    return "\n".join(lines)


def run(path: str, name: str, place: Place, limits: Limits, workers: int = 1) -> None:
    """Serve a model until SIGTERM or SIGINT, and print what is served where.

    Args:
        path: A run directory, a directory of versions, or a SavedModel.
        name: What clients call the model.
        place: Where to listen.
        limits: How much each process takes.
        workers: Processes, each with its own copy of the model. Default 1: this one.

    Raises:
        UserError: If there is no model that can be served, or a process ends by itself.
    """

    def ready(text: str) -> None:
        print(f"{text}\nCtrl-C ends it.", flush=True)

    if workers == 1:
        asyncio.run(_until_signal(path, name, place, limits, ready))
        return
    find_version(path)  # a mistake is told once
    with tempfile.TemporaryDirectory() as counts:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = counts  # the processes' metrics are added up there
        try:
            _run_processes((path, name, place, limits), workers, ready)
        finally:
            del os.environ["PROMETHEUS_MULTIPROC_DIR"]


def _run_processes(what: tuple, workers: int, ready: Callable[[str], None]) -> None:
    context = multiprocessing.get_context("spawn")  # TensorFlow survives no fork
    pipes = [context.Pipe(duplex=False) for _ in range(workers)]
    processes = [context.Process(target=_worker, args=(*what, told)) for _, told in pipes]
    for process in processes:
        process.start()
    asked = []

    def stop(*signals: object) -> None:
        asked.extend(signals)
        for process in processes:
            process.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    what[2].rest.close()  # the workers' own are open
    try:
        told_by_each = []
        for heard, told in pipes:
            told.close()
            with contextlib.suppress(EOFError):
                told_by_each.append(heard.recv())
        for told in told_by_each:
            if isinstance(told, UserError):
                raise told
        if len(told_by_each) == workers:
            ready(told_by_each[0])
            wait([process.sentinel for process in processes])
    finally:
        is_asked = bool(asked)
        stop()
        for process in processes:
            process.join()
    if not is_asked:
        raise UserError("A worker ended by itself, and so the others were ended. Start again; more memory may help.")


def _worker(path: str, name: str, place: Place, limits: Limits, told: Connection) -> None:
    try:
        asyncio.run(_until_signal(path, name, place, limits, told.send))
    except UserError as error:
        told.send(error)


async def _until_signal(path: str, name: str, place: Place, limits: Limits, ready: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    parent = multiprocessing.parent_process()
    if parent is not None:  # of several: none outlives who started it
        asyncio.get_running_loop().add_reader(parent.sentinel, stop.set)
    await serve(path, name, place, limits, ready, stop)
