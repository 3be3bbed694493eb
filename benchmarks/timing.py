"""Timing, for benchmarks."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

__all__ = ["print_machine", "seconds", "write_json"]


def seconds(function: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def print_machine() -> None:
    """Print what the numbers depend on."""
    print(f"{os.cpu_count()} CPUs, load average {os.getloadavg()[0]:.1f} at the start, TensorFlow {tf.__version__}")


def write_json(path: Path | None, result: dict) -> dict:
    """Write a result where a path was given, and return it."""
    if path:
        path.write_text(json.dumps(result, indent=2) + "\n")
    return result
