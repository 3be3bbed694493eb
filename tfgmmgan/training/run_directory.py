"""The directory of a run: its files, and claiming it."""

import re
from pathlib import Path

from tfgmmgan.utils.errors import UserError

__all__ = ["RunDirectory", "picture_stem"]


def picture_stem(checkpoint: str) -> str:
    """Return how the names of the pictures of the "last" or the "best" checkpoint begin."""
    return "best" if checkpoint == "best" else "final"


class RunDirectory:
    """Where everything of one run lies.

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
        self.samples = self.path / "samples"
        self.model = self.path / "model.keras"
        self.serving = self.path / "serving"
        self.scorecard = self.path / "scorecard.json"
        self.report = self.path / "report.html"

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
        try:
            if output is not None:
                path = Path(output)
                if path.exists() and (not path.is_dir() or any(path.iterdir())):
                    raise UserError(
                        f"{path} is not empty. Choose another --output, or go on with that run by adding --resume."
                    )
                path.mkdir(parents=True, exist_ok=True)
                return cls(path)
            number = 1
            while True:
                path = Path(root) / (default_name if number == 1 else f"{default_name}-{number}")
                try:
                    path.mkdir(parents=True)
                except FileExistsError:
                    number += 1
                    continue
                return cls(path)
        except OSError as error:
            raise UserError(f"{path} can't be created: {error.strerror}. Choose another --output.") from error

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
        return sorted((int(path.name[6:].split(".")[0]), path) for path in self.checkpoints.glob("epoch_*.weights.h5"))
