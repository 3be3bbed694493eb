"""What both doors, REST and gRPC, have behind them."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import numpy as np

from tfgmmgan.serving.server.batching import Batcher
from tfgmmgan.serving.server.limits import Refusal
from tfgmmgan.serving.server.metrics import Metrics
from tfgmmgan.serving.server.model import Outputs, Request, ServedModel

__all__ = ["Service"]

Answer = TypeVar("Answer")
SMALL = 2**15  # bytes that are read faster than a thread takes over


class Service:
    """Answers requests of one model, counts them, and refuses what is too much.

    Args:
        model: What answers.

    Attributes:
        stopping: Whether the server is about to end, so that connections are to be closed.
    """

    def __init__(self, model: ServedModel) -> None:
        self.model, self.limits, self.metrics = model, model.limits, Metrics()
        self.stopping = False
        self._batcher = Batcher(model, self.metrics)
        self._under_way = 0

    async def answer(
        self, door: str, read: Callable[[], Awaitable[Request]], write: Callable[[Request, Outputs], Answer]
    ) -> Answer:
        """Return what `write` makes of the answer to the request that `read` reads.

        Args:
            door: "rest" or "grpc", for the metrics.
            read: Reads and checks the request.
            write: Makes the door's answer.

        Raises:
            Refusal: If there is no answer.
        """
        started, code, request, signature = time.perf_counter(), "OK", None, ""
        self._count(1)
        try:
            if self._under_way > self.limits.max_requests:
                raise Refusal("UNAVAILABLE", f"{self.limits.max_requests} requests are under way; try again later.")
            request = await read()
            signature = request.signature
            outputs = await self._batcher.answer(request)
            return await self.aside(sum(map(_size, outputs.values())), write, request, outputs)
        except Refusal as refusal:
            code, signature = refusal.code, refusal.signature or signature
            raise
        except asyncio.CancelledError:
            code = "CANCELLED"
            raise
        except Exception:
            code = "INTERNAL"
            logging.exception("A request of '%s' failed.", signature)
            raise Refusal("INTERNAL", "The server failed; its log says how.") from None
        finally:
            self._count(-1)
            self.metrics.requests.labels(door, signature, code).inc()
            self.metrics.seconds.labels(door, signature).observe(time.perf_counter() - started)
            if code == "OK":
                self.metrics.rows.labels(signature).inc(request.rows)

    async def aside(self, size: int, function: Callable[..., Answer], *args: object) -> Answer:
        """Call a function here if what it reads is small, else in a thread, so that others are heard meanwhile.

        Args:
            size: How many bytes it reads.
            function: What is called.
            args: Its arguments.
        """
        return function(*args) if size <= SMALL else await asyncio.to_thread(function, *args)

    def _count(self, change: int) -> None:
        self._under_way += change
        self.metrics.under_way.set(self._under_way)


def _size(output: np.ndarray) -> int:
    """Return how many bytes an output has, files among them."""
    return sum(map(len, output.ravel())) if output.dtype == object else output.nbytes
