"""Where training runs: on one device, on all of this machine's, or on several machines."""

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from tfgmmgan.distribution import is_multi_worker
from tfgmmgan.errors import UserError

__all__ = ["is_chief", "make_strategy", "workers_answer"]

TIMEOUT_VARIABLE = "TFGMMGAN_WORKER_TIMEOUT"
TIMEOUT = 300.0  # seconds to wait for the other workers at the start
EXAMPLE = '{"cluster": {"worker": ["10.0.0.1:12345", "10.0.0.2:12345"]}, "task": {"type": "worker", "index": 0}}'
LOST = "Another worker has died or can't be reached. Start all workers again with --resume."


def make_strategy(name: str) -> tf.distribute.Strategy:
    """Return the strategy of a `--strategy`.

    Call it before TensorFlow does anything else: a process joins the other workers at its start or never.

    Args:
        name: `"none"`; `"mirrored"`, all GPUs of this machine (its logical CPUs where there is no GPU); or
            `"multi_worker"`, all processes that the environment variable `TF_CONFIG` lists, on their GPUs or CPUs.

    Raises:
        UserError: If `TF_CONFIG` is missing or wrong, or this worker's port is taken. A worker that waits in vain
            for the others ends the process with one line and exit code 2, after five minutes or the seconds in
            `TFGMMGAN_WORKER_TIMEOUT`.
    """
    if name == "none":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
        return tf.distribute.MirroredStrategy([device.name for device in tf.config.list_logical_devices(kind)])
    workers = _read_tf_config()
    with _giving_up(f"The other workers of TF_CONFIG did not answer: {', '.join(workers)}."):
        try:
            return tf.distribute.MultiWorkerMirroredStrategy()
        except (tf.errors.OpError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise UserError(
                f"This worker could not join the others ({reason}). Is its port in TF_CONFIG free, and are all workers "
                "started?"
            ) from error


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Return whether this process writes the run: the chief of several workers, or worker 0; else always."""
    if not is_multi_worker(strategy):
        return True
    resolver = strategy.cluster_resolver
    has_chief = "chief" in resolver.cluster_spec().jobs
    return resolver.task_type == "chief" or (not has_chief and resolver.task_id == 0)


@contextmanager
def workers_answer(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """Turn what TensorFlow raises when a worker is gone into a `UserError`."""
    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.DeadlineExceededError) as error:
        if is_multi_worker(strategy):
            raise UserError(LOST) from error
        raise


def _read_tf_config() -> list[str]:
    """Return the addresses in `TF_CONFIG`, or raise `UserError`."""
    content = os.environ.get("TF_CONFIG")
    wanted = f"--strategy multi_worker reads the environment variable TF_CONFIG, as in '{EXAMPLE}'"
    if not content:
        raise UserError(f"{wanted}; it is not set.")
    try:
        config = json.loads(content)
        jobs, task = config["cluster"], config["task"]
        addresses = [address for job in ("chief", "worker") for address in jobs.get(job, [])]
        jobs[task["type"]][int(task["index"])]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise UserError(f"{wanted}; it holds {content!r} ({type(error).__name__}: {error}).") from error
    return addresses


@contextmanager
def _giving_up(message: str) -> Iterator[None]:
    """End the process with a line and exit code 2 if the block, which may wait in native code, takes too long."""
    seconds = float(os.environ.get(TIMEOUT_VARIABLE, TIMEOUT))

    def give_up() -> None:
        print(
            f"error: {message} Waited {seconds:.0f} seconds ({TIMEOUT_VARIABLE}); start all workers again.",
            file=sys.stderr,
            flush=True,
        )
        os._exit(2)

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
