"""The options whose best value depends on the machine."""

import platform
import re
from pathlib import Path

import tensorflow as tf

from tfgmmgan.training.options import TrainConfig

__all__ = ["has_bfloat16", "processor", "resolved"]

VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2", "asimd": "NEON"}  # by flag of /proc/cpuinfo, the widest first


def resolved(config: TrainConfig) -> TrainConfig:
    """Return a config with every `auto` replaced by what it means on this machine; see docs/speed.md."""
    precision, jit = config["precision"], config["jit"]
    if precision == "auto":
        precision = "bfloat16" if has_bfloat16() else "float32"
    if jit == "auto":
        jit = config["strategy"] == "none" and len(tf.config.list_physical_devices("GPU")) == 1
    return config.replaced(precision=precision, jit=jit)


def processor() -> str:
    """Return what the CPU calls itself, and the widest vectors it has: `"AMD EPYC, AVX2"`."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    model = re.search(r"^model name\s*: (.+)", text, re.MULTILINE)
    vectors = next((name for flag, name in VECTORS.items() if flag in text.split()), None)
    return ", ".join(part for part in (model and model[1], vectors) if part) or platform.machine()


def has_bfloat16() -> bool:
    """Return whether what trains here, the GPUs or else the CPU, computes with bfloat16 in hardware."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        capabilities = [tf.config.experimental.get_device_details(gpu).get("compute_capability") for gpu in gpus]
        return all(capability is not None and capability >= (8, 0) for capability in capabilities)
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:  # not Linux
        return False
    return bool(flags & {"avx512_bf16", "amx_bf16", "bf16"})
