"""What goes together, and that nobody suffers from it; by a model that says what it was asked."""

import asyncio
import threading

import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan.serving.server.batching import THREADS, Batcher
from tfgmmgan.serving.server.limits import Limits, Refusal
from tfgmmgan.serving.server.metrics import Metrics
from tfgmmgan.serving.server.model import Request, ServedModel


class Model:
    """Answers with its requests when it may."""

    def __init__(self, **limits):
        self.limits, self.may, self.calls = Limits(**limits), threading.Event(), []

    def answer(self, requests):
        names = [request.inputs["name"][0] for request in requests]
        self.calls.append(names)
        assert self.may.wait(10)
        return [ValueError(name) if name == "wrong" else {"told": name} for name in names]


def req(signature, name, rows, size):
    return Request(signature, {"name": np.array([name, "other"])}, rows, size)


def ask(model, asked, give_up=()):
    """Ask while all threads are busy; return the answers and the calls after those."""

    async def main():
        batcher = Batcher(model, Metrics())
        busy = [asyncio.create_task(batcher.answer(req("busy", f"busy {n}", 0, 1))) for n in range(THREADS)]
        await asyncio.sleep(0)
        tasks = [asyncio.create_task(batcher.answer(request)) for request in asked]
        await asyncio.sleep(0.05)
        assert len(model.calls) == THREADS  # at once, and none of the others
        for at in give_up:
            tasks[at].cancel()
        model.may.set()
        await asyncio.gather(*busy)
        return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(main()), sorted(model.calls[THREADS:])


def test_what_waits_goes_together_by_signature_up_to_the_largest_batch():
    model = Model(max_batch_size=4)
    asked = [req("a", "a1", 1, 1), req("b", "b1", 2, 2), req("a", "a2", 2, 2), req("b", "b2", 2, 2)]
    asked += [req("a", "a3", 2, 2), req("a", "a4", 1, 1), req("a", "large", 9, 9)]
    asked += [req("legacy", "c1", 0, 0), req("legacy", "c2", 0, 0)]
    answers, calls = ask(model, asked)
    assert [one["told"] for one in answers] == [one.inputs["name"][0] for one in asked]
    assert calls == [["a1", "a2", "a4"], ["a3"], ["b1", "b2"], ["c1"], ["c2"], ["large"]]


def test_pictures_count_by_their_pixels_too():
    answers, calls = ask(Model(max_batch_size=4), [req("a", name, 1, size) for name, size in (("x", 3.5), ("y", 2))])
    assert calls == [["x"], ["y"]] and len(answers) == 2


def test_an_error_is_told_to_whom_it_concerns_and_who_gave_up_is_left_out():
    asked = [req("a", name, 1, 1) for name in ("right", "wrong", "gone", "right too")]
    answers, calls = ask(Model(), asked, give_up=[2])
    assert calls == [["right", "wrong", "right too"]]
    assert answers[0] == {"told": "right"} and answers[3] == {"told": "right too"}
    assert isinstance(answers[1], ValueError) and isinstance(answers[2], asyncio.CancelledError)


def test_what_takes_too_long_is_told_so():
    async def main():
        await Batcher(model, Metrics()).answer(req("a", "slow", 1, 1))

    model = Model(timeout_s=0.05)
    threading.Timer(0.3, model.may.set).start()
    with pytest.raises(Refusal, match=r"longer than 0\.05 seconds") as raised:
        asyncio.run(main())
    assert raised.value.code == "DEADLINE_EXCEEDED"


@pytest.fixture(scope="module")
def model(exported):
    return ServedModel(exported / "1", "tiny", Limits())


def request(model, signature, **inputs):
    return model.request(signature, inputs, lambda name, spec, value: np.array(value, spec.dtype.as_numpy_dtype))


def test_rows_of_a_batch_are_those_alone_and_a_wrong_one_fails_alone(model):
    asked = [
        request(model, "generate", component=kinds, variance_scale=[1.0] * len(kinds), seed=range(len(kinds)))
        for kinds in ([0], [1, 2], [3], [2, 1, 0], [0, 9], [1])
    ]
    together = model.answer(asked)
    for one, answer in zip(asked, together, strict=True):
        (alone,) = model.answer([one])
        if max(one.inputs["component"]) > 2:
            for refusal in (alone, answer):
                assert isinstance(refusal, Refusal) and str(refusal) == "Component must be in [0, 3)."
        else:
            np.testing.assert_allclose(answer["examples"], alone["examples"], atol=1e-6)
    kinds = model.answer(asked[:2])
    drawn = [answer["examples"].shape[0] for answer in kinds]
    assert drawn == [1, 2]


def test_which_signatures_have_rows(model):
    batched = {name for name in model.signatures if model.has_rows(name)}
    assert set(model.signatures) - batched == {"legacy_generate", "legacy_sample", "legacy_interpolate"}


def test_a_fault_of_ours_is_no_refusal(model, monkeypatch):
    def broken(**inputs):
        raise tf.errors.InternalError(None, None, "broken")

    broken.structured_input_signature = model.signatures["sample"].structured_input_signature
    broken.structured_outputs = model.signatures["sample"].structured_outputs
    monkeypatch.setattr(model, "signatures", {"sample": broken})
    (answer,) = model.answer([request(model, "sample", seed=[1])])
    assert isinstance(answer, tf.errors.InternalError)
