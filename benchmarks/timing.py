"""Timing, for benchmarks."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

__all__ = ["measure", "print_machine", "seconds", "write_json"]


def seconds(function: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def measure(steps: dict[tuple, Callable], rounds: int) -> dict[tuple, list[float]]:
    """Return the milliseconds of each step's rounds, the steps taking turns after two of warming up."""
    taken: dict[tuple, list[float]] = {name: [] for name in steps}
    for turn in range(rounds + 2):
        for name, step in steps.items():
            spent = seconds(step)
            if turn > 1:
                taken[name].append(1000 * spent)
    return taken


def print_machine() -> None:
    """Print what the numbers depend on."""
    print(f"{os.cpu_count()} CPUs, load average {os.getloadavg()[0]:.1f} at the start, TensorFlow {tf.__version__}")


def write_json(path: Path | None, result: dict) -> dict:
    """Write a result where a path was given, and return it."""
    if path:
        path.write_text(json.dumps(result, indent=2) + "\n")
    return result
