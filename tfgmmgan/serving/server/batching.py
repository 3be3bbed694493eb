"""Requests that wait are computed together."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tfgmmgan.serving.server.limits import Refusal
from tfgmmgan.serving.server.metrics import Metrics
from tfgmmgan.serving.server.model import Outputs, Request, ServedModel

__all__ = ["Batcher"]

THREADS = 2  # TensorFlow spreads one call over all cores; the second fills what it leaves


class _Waiting(NamedTuple):
    request: Request
    answer: asyncio.Future


class Batcher:
    """Computes at once while a thread is free; what comes while none is goes together, by signature.

    So nobody waits for others to come, and the more there is to do the larger are the batches.

    Args:
        model: What answers.
        metrics: What counts the batches' rows.
    """

    def __init__(self, model: ServedModel, metrics: Metrics) -> None:
        self.model, self.metrics = model, metrics
        self._waiting: list[_Waiting] = []
        self._running: set[asyncio.Task] = set()
        self._pool = ThreadPoolExecutor(THREADS)

    async def answer(self, request: Request) -> Outputs:
        """Return the outputs by name.

        Raises:
            Refusal: If the model does not take it, or it takes longer than `timeout_s`.
        """
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(request, answer))
        self._start()
        try:
            return await asyncio.wait_for(answer, self.model.limits.timeout_s)
        except TimeoutError:
            took = f"The answer took longer than {self.model.limits.timeout_s:g} seconds."
            raise Refusal("DEADLINE_EXCEEDED", f"{took} Send fewer rows.") from None

    def _start(self) -> None:
        self._waiting = [one for one in self._waiting if not one.answer.done()]  # without those that gave up
        while self._waiting and len(self._running) < THREADS:
            task = asyncio.create_task(self._compute(self._take()))
            self._running.add(task)

    def _take(self) -> list[_Waiting]:
        """Take the first, and those that go with it."""
        first, *others = self._waiting
        taken, left, size = [first], [], first.request.size
        for one in others:
            is_like = first.request.rows and one.request.signature == first.request.signature
            if is_like and size + one.request.size <= self.model.limits.max_batch_size:
                taken.append(one)
                size += one.request.size
            else:
                left.append(one)
        self._waiting = left
        return taken

    async def _compute(self, taken: list[_Waiting]) -> None:
        requests = [one.request for one in taken]
        try:
            self.metrics.batch_rows.observe(sum(one.rows for one in requests))
            answers = await asyncio.get_running_loop().run_in_executor(self._pool, self.model.answer, requests)
        except Exception as error:
            answers = [error] * len(taken)
        finally:
            self._running.discard(asyncio.current_task())
        for one, answer in zip(taken, answers, strict=True):
            if one.answer.done():
                continue
            if isinstance(answer, Exception):
                one.answer.set_exception(answer)
            else:
                one.answer.set_result(answer)
        self._start()
