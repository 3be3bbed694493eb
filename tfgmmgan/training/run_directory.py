"""The directory of a run: its files, and claiming it."""

import json
import os
import re
from pathlib import Path
from typing import Any

from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.files import is_temporary, remove_temporary, replacing

try:
    import fcntl
except ImportError:  # Windows: two processes on one run are the user's to avoid
    fcntl = None

__all__ = ["RunDirectory", "picture_stem"]

CHECKPOINT = re.compile(r"epoch_(\d{1,9})\.weights\.h5")


def picture_stem(checkpoint: str) -> str:
    """Return how the names of the pictures of the "last" or the "best" checkpoint begin."""
    return "best" if checkpoint == "best" else "final"


class RunDirectory:
    """Where everything of one run lies.

    The process that writes to it holds its lock, from `claim` or `lock` until `release` or its end.

    Args:
        path: The directory; it need not exist yet.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.config = self.path / "config.yaml"
        self.checkpoints = self.path / "checkpoints"
        self.logs = self.path / "logs"
        self.history = self.path / "history.csv"
        self.scores = self.path / "scores.csv"
        self.best_checkpoint = self.checkpoints / "best.weights.h5"
        self.within_epoch = self.checkpoints / "within_epoch.weights.h5"
        self.samples = self.path / "samples"
        self.model = self.path / "model.keras"
        self.serving = self.path / "serving"
        self.scorecard = self.path / "scorecard.json"
        self.report = self.path / "report.html"
        self.modes = self.path / "modes"  # what finding the modes has got to
        self.clusterer = self.path / "clusterer"  # the fitted clusterer, where there is one
        self.gallery = self.path / "gallery.html"  # of a folder of images
        self.summary = self.path / "summary.json"
        self.records = self.path / "records.json"
        self._lock: int | None = None  # the open directory

    @classmethod
    def claim(cls, output: str | None, default_name: str, root: str = "saved_models") -> "RunDirectory":
        """Create the directory of a new run.

        Args:
            output: What the user asked for; it must be new or empty. None takes `root/default_name`, or the next
                free `-2`, `-3`.
            default_name: See `output`.
            root: See `output`.

        Raises:
            UserError: If the place is taken, or can't be written to.
        """
        number = 1
        while True:
            path = Path(output or Path(root) / (default_name if number == 1 else f"{default_name}-{number}"))
            try:
                path.mkdir(parents=True, exist_ok=output is not None)
                if not cls(path).is_empty():
                    raise FileExistsError
                return cls(path).lock(empty=True)
            except FileExistsError:  # also where it is a file
                taken = f"{path} is not empty."
            except _Taken as error:
                taken = str(error)
            except OSError as error:
                raise UserError(f"{path} can't be created: {error.strerror}. Choose another --output.") from error
            if output is not None:
                raise UserError(f"{taken} Choose another --output, or go on with that run by adding --resume.")
            number += 1

    def is_empty(self) -> bool:
        """Return whether there is nothing here but what a process has left that was killed before it wrote anything."""
        return self.path.is_dir() and all(is_temporary(path.name) for path in self.path.iterdir())

    def lock(self, empty: bool = False) -> "RunDirectory":
        """Keep other processes from this directory, clear it of unfinished files, and return self.

        Raises:
            UserError: If another process has it, or it should be `empty` and is not.
        """
        if fcntl:
            lock = os.open(self.path, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._lock = lock
            except BlockingIOError as error:
                os.close(lock)
                raise _Taken(f"Another process is writing to {self.path}.") from error
            except OSError:  # a file system without locks
                os.close(lock)
        if empty and not self.is_empty():
            self.release()
            raise _Taken(f"{self.path} is not empty.")
        remove_temporary(self.path)
        return self

    def release(self) -> None:
        """Let others write to this directory."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @classmethod
    def find(cls, output: str | None, default_name: str, root: str = "saved_models") -> "RunDirectory":
        """Return the run to be resumed: `output`, or the newest of the default names.

        Raises:
            UserError: If there is none.
        """
        if output is not None:
            run = cls(output)
        else:
            pattern = re.compile(re.escape(default_name) + r"(?:-(\d+))?")
            found = [
                (int(match[1] or 1), path)
                for path in (Path(root).iterdir() if Path(root).is_dir() else [])
                if (match := pattern.fullmatch(path.name))
            ]
            if not found:
                raise UserError(
                    f"There is no run {Path(root) / default_name} to resume. Leave out --resume to start one."
                )
            run = cls(max(found)[1])
        return run.existing()

    def existing(self) -> "RunDirectory":
        """Return this run; raise `UserError` where there is none."""
        if self.is_empty():
            raise UserError(f"Nothing was written to {self.path} yet. Leave out --resume to start the run there.")
        if not self.config.is_file():
            raise UserError(f"{self.path} is not a run: it has no config.yaml. Name the directory that training wrote.")
        return self

    def scorecard_of(self, checkpoint: str) -> Path:
        """Return the path of the scorecard of the "last" or the "best" checkpoint."""
        return self.scorecard if checkpoint == "last" else self.path / f"{checkpoint}_scorecard.json"

    def report_of(self, checkpoint: str) -> Path:
        """Return the path of the report of the "last" or the "best" checkpoint."""
        return self.report if checkpoint == "last" else self.path / f"{checkpoint}_report.html"

    def checkpoint(self, epoch: int) -> Path:
        """Return the path of the weights after `epoch` epochs."""
        return self.checkpoints / f"epoch_{epoch:05d}.weights.h5"

    def last_checkpoint(self) -> tuple[int, Path] | None:
        """Return the newest checkpoint and after how many epochs it was written, or None."""
        return max(self.epoch_checkpoints(), default=None)

    def epoch_checkpoints(self) -> list[tuple[int, Path]]:
        """Return the checkpoints that are kept, by the epochs after which they were written."""
        found = [(CHECKPOINT.fullmatch(path.name), path) for path in self.checkpoints.glob("epoch_*.weights.h5")]
        return sorted((int(match[1]), path) for match, path in found if match)

    def record(self, name: str) -> Any:
        """Return what was written down by `write_record` under a name; None where nothing was, or it is damaged."""
        return self._records().get(name)

    def _records(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.records.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError):
            return {}

    def write_record(self, name: str, value: Any) -> None:
        """Write something down under a name: data for JSON."""
        records = self._records() | {name: value}
        with replacing(self.records) as temporary:
            temporary.write_text(json.dumps(records, indent=2) + "\n", encoding="utf-8")


class _Taken(UserError):
    """A directory that another run has."""
