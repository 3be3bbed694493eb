"""Where training runs: on one device, on all of this machine's, or on several machines."""

import json
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import tensorflow as tf

from tfgmmgan.training.rendezvous import meet
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.replicas import is_multi_worker

__all__ = ["is_chief", "make_strategy", "workers_answer"]

TIMEOUT_VARIABLE = "TFGMMGAN_WORKER_TIMEOUT"
TIMEOUT = 300.0  # seconds to wait for the other workers at the start
EXAMPLE = '{"cluster": {"worker": ["10.0.0.1:12345", "10.0.0.2:12345"]}, "task": {"type": "worker", "index": 0}}'
LOST = "Another worker has died or can't be reached. Start all workers again with --resume."


def make_strategy(name: str) -> tf.distribute.Strategy:
    """Return the strategy of a `--strategy`.

    Call it before TensorFlow does anything else: a process joins the other workers at its start or never. Each is made
    once in a process: the collective operations of a second one would be mistaken for the first's.

    Args:
        name: `"none"`; `"mirrored"`, all GPUs of this machine (its logical CPUs where there is no GPU); or
            `"multi_worker"`, all processes that the environment variable `TF_CONFIG` lists, on their GPUs or CPUs.

    Raises:
        UserError: If `TF_CONFIG` is missing or wrong, this worker's port is taken, or the others do not come within
            five minutes, or the seconds in `TFGMMGAN_WORKER_TIMEOUT`.
    """
    if name == "none":
        return tf.distribute.get_strategy()
    return _made_once(name)


@cache
def _made_once(name: str) -> tf.distribute.Strategy:
    if name == "mirrored":
        kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
        return tf.distribute.MirroredStrategy([device.name for device in tf.config.list_logical_devices(kind)])
    try:
        seconds = float(os.environ.get(TIMEOUT_VARIABLE, TIMEOUT))
    except ValueError as error:
        raise UserError(
            f"{TIMEOUT_VARIABLE} must be a number of seconds; got {os.environ[TIMEOUT_VARIABLE]!r}."
        ) from error
    missing = meet(*_read_tf_config(), seconds)
    if missing:
        raise UserError(
            f"Waited {seconds:.0f} seconds ({TIMEOUT_VARIABLE}) for the other workers of TF_CONFIG, and "
            f"{', '.join(missing)} did not answer. Start all workers again."
        )
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError) as error:
        raise UserError(f"This worker could not join the others: {str(error).splitlines()[0]}") from error


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
            # A reduction that fails leaves a thread pool open in its frame, which would complain as Python ends.
            traceback.clear_frames(error.__traceback__)
            raise UserError(LOST) from error
        raise


def _read_tf_config() -> tuple[list[str], int]:
    """Return the addresses in `TF_CONFIG` and which of them is this worker's, or raise `UserError`."""
    content = os.environ.get("TF_CONFIG")
    wanted = f"--strategy multi_worker reads the environment variable TF_CONFIG, as in '{EXAMPLE}'"
    if not content:
        raise UserError(f"{wanted}; it is not set.")
    try:
        config = json.loads(content)
        jobs, task = config["cluster"], config["task"]
        addresses = [address for job in ("chief", "worker") for address in jobs.get(job, [])]
        own = addresses.index(jobs[task["type"]][int(task["index"])])
        [int(address.rpartition(":")[2]) for address in addresses]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise UserError(f"{wanted}; it holds {content!r} ({type(error).__name__}: {error}).") from error
    return addresses, own
