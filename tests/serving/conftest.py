"""A tiny exported model, and servers of it in threads of this process."""

import asyncio
import contextlib
import gc
import queue
import re
import threading
from types import SimpleNamespace

import pytest
import requests
import tensorflow as tf

import tfgmmgan
from tfgmmgan.serving.server import process
from tfgmmgan.serving.server.limits import Limits


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """The directory of versions of a model of (8, 8, 1) with 3 components."""
    model = tfgmmgan.GMMGAN((8, 8, 1), num_components=3, latent_dim=4, width=0.1)
    base = tmp_path_factory.mktemp("exported") / "serving"
    tfgmmgan.export(model, base)
    return base


@pytest.fixture(scope="session")
def direct(exported):
    """The signatures of the same model, called without a server."""
    loaded = tf.saved_model.load(str(exported / "1"))
    return SimpleNamespace(loaded=loaded, **loaded.signatures)


@pytest.fixture(scope="session")
def serving(exported, direct):
    """Return a maker of running servers: `with serving(max_rows=8) as server`, with `url`, `root`, `grpc`, `post`.

    The model is loaded once for all of them (`test_batching.py` and `test_process.py` load it themselves).
    """

    @contextlib.contextmanager
    def start(**limits):
        told = queue.Queue()

        async def main(place):
            stop, loop = asyncio.Event(), asyncio.get_running_loop()

            def ready(text):
                told.put((text, lambda: loop.call_soon_threadsafe(stop.set)))

            await process.serve(str(exported), "tiny", place, Limits(**limits), ready, stop)

        with process.listen() as place:
            thread = threading.Thread(target=lambda: asyncio.run(main(place)))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(tf.saved_model, "load", lambda path: direct.loaded)
                thread.start()
                text, stop = told.get(timeout=60)
            url = re.search(r"^REST: (.*)", text, re.M)[1]

            def post(content, url=url, **options):
                given = {"json": content} if isinstance(content, dict) else {"data": content}
                return requests.post(f"{url}:predict", timeout=30, **given, **options)

            address = re.search(r"^gRPC: (.*)", text, re.M)[1]
            root = url.partition("/v1")[0]
            try:
                yield SimpleNamespace(text=text, url=url, root=root, grpc=address, post=post, stop=stop)
            finally:
                stop()
                thread.join(timeout=30)
                gc.unfreeze()
            assert not thread.is_alive()

    return start


@pytest.fixture(scope="module")
def server(serving):
    """A server with small limits, for a module."""
    with serving(max_rows=8, max_body_mb=0.25, max_megapixels=1) as running:
        yield running


@pytest.fixture
def impatient(serving):
    """One that waits for two seconds."""
    with serving(timeout_s=2) as running:
        yield running
