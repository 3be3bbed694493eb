"""A quiet start: without notices of TensorFlow's native code, and without a traceback at Ctrl-C."""

import importlib
import os
import sys
import tempfile
from typing import Any

__all__ = ["end_quietly_at_interrupt", "import_tensorflow"]

NOTICES = (
    b"before absl::InitializeLog()",
    b"oneDNN custom operations are on",
    b"Could not find cuda drivers",
)


def import_tensorflow() -> None:
    """Import TensorFlow; of what is printed meanwhile on stderr, all but the known notices is passed on.

    With oneDNN's convolutions, which TensorFlow leaves off where a processor has no AVX-512, though they are three
    times as fast there, too (docs/guides/speed.md); unless TF_ENABLE_ONEDNN_OPTS is set, or TensorFlow is there.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # Python still raises every error
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    if "tensorflow" in sys.modules:
        return
    try:
        kept = os.dup(2)
    except OSError:  # a process without stderr has nothing to keep quiet
        importlib.import_module("tensorflow")
        return
    with tempfile.TemporaryFile() as printed:
        sys.stderr.flush()
        os.dup2(printed.fileno(), 2)
        try:
            importlib.import_module("tensorflow")
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            printed.seek(0)
            for line in printed:
                if not any(notice in line for notice in NOTICES):
                    os.write(2, line)


def end_quietly_at_interrupt() -> None:
    """Print no traceback where `python -m tfgmmgan` is interrupted while it imports, before a command can answer."""
    show = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            show(kind, error, trace)

    if sys.argv[:1] == ["-m"]:  # as it is while Python looks for the module
        sys.excepthook = hook
