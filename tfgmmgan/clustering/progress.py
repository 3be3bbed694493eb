"""What finding kinds of images has got to, on disk: a process that is killed loses a minute of it."""

import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.files import check_space, replacing

__all__ = ["Progress"]

EVERY = 60.0  # seconds between two savings of a training


class Progress:
    """The results of stages in a folder, each written when it is there, and the state of a training every minute.

    Whoever goes on from it has to have the same data and options. Without a folder nothing is kept.

    Args:
        folder: Where the results lie; None keeps none.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.started = time.monotonic()
        self.before = float(self._read("seconds", {"seconds": np.zeros(())})["seconds"])

    @property
    def seconds(self) -> float:
        """What it all took until now, in the processes before this one, too."""
        return self.before + time.monotonic() - self.started

    def once(self, stage: str, make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        """Return the arrays of a stage, from the folder or else made now and kept there."""
        found = self._read(stage, {})
        if not found:
            found = make()
            if self.folder is not None:
                self._write(stage, found)
        return found

    def resume(self, stage: str, model: keras.Model) -> int:
        """Give a compiled model the state of its training that was saved last; return after how many steps."""
        model.optimizer.build(model.trainable_variables)
        found = self._read(stage, {})
        for name, variable in _state(model).items():
            if found:
                variable.assign(found[name])
        return int(model.optimizer.iterations.numpy())

    def save(self, stage: str, model: keras.Model) -> None:
        """Save the state of a model's training."""
        if self.folder is not None:
            self._write(stage, {name: variable.numpy() for name, variable in _state(model).items()})

    def saving(self, stage: str) -> list[keras.callbacks.Callback]:
        """Return callbacks for `fit` that save the state of the training every minute, and at its end."""
        return [_Saving(self, stage)] if self.folder is not None else []

    def clear(self) -> None:
        """Remove the folder."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self, stage: str, otherwise: dict) -> dict[str, np.ndarray]:
        path = self.folder and self.folder / f"{stage}.npz"
        if path is None or not path.is_file():
            return otherwise
        try:
            with np.load(path, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise UserError(
                f"{path} is damaged ({error}). Remove it: that stage of finding the modes is then done again."
            ) from error

    def _write(self, stage: str, arrays: dict[str, np.ndarray]) -> None:
        check_space(self.folder, sum(array.nbytes for array in arrays.values()))
        for name, content in ((stage, arrays), ("seconds", {"seconds": np.array(self.seconds)})):
            with replacing(self.folder / f"{name}.npz") as temporary:
                np.savez(temporary, **content)


def _state(model: keras.Model) -> dict[str, keras.Variable]:
    return {f"{number:04}": variable for number, variable in enumerate([*model.variables, *model.optimizer.variables])}


class _Saving(keras.callbacks.Callback):
    def __init__(self, progress: Progress, stage: str) -> None:
        super().__init__()
        self.progress = progress
        self.stage = stage
        self.saved = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if time.monotonic() - self.saved >= EVERY:
            self.progress.save(self.stage, self.model)
            self.saved = time.monotonic()

    def on_train_end(self, logs: dict | None = None) -> None:
        self.progress.save(self.stage, self.model)
