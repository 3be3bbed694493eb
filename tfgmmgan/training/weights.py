"""Writing and loading a run's checkpoints."""

import hashlib
import math
import tempfile
from pathlib import Path

import h5py

from tfgmmgan.models import LatentGAN
from tfgmmgan.training.compat import fill_from_first_edition, is_of_first_edition
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.files import check_space, replacing

__all__ = ["load_weights", "restore", "write_weights"]


def write_weights(model: LatentGAN, run: RunDirectory, path: Path) -> None:
    """Write a model's weights and its optimizers' states, whole or not at all, and write down their checksum."""
    optimizers = [model.optimizer, model.discriminator_optimizer]
    state = [*model.variables, *(variable for one in optimizers for variable in one.variables)]
    check_space(path.parent, sum(variable.value.dtype.size * math.prod(variable.shape) for variable in state))
    there = {one.name for one in run.checkpoints.iterdir()}
    checksums = {name: known for name, known in (run.record("checksums") or {}).items() if name in there}
    with replacing(path) as temporary:
        model.save_weights(temporary)
        new = checksum(temporary)
        run.write_record("checksums", {**checksums, path.name: [*checksums.get(path.name, []), new]})
    run.write_record("checksums", {**checksums, path.name: [new]})  # of a process killed before this both are right


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def restore(model: LatentGAN, run: RunDirectory) -> int:
    """Load a run's last checkpoint, if it has one; return after how many epochs it was written."""
    while (last := run.last_checkpoint()) is not None:
        epoch, path = last
        try:
            load_weights(model, run, path)
            return epoch
        except UserError:
            if path.is_file():
                raise
            # else a training that goes on has put a later one in its place
    return 0


def load_weights(model: LatentGAN, run: RunDirectory, path: Path) -> None:
    """Load a checkpoint of a run; raise `UserError` where it is damaged, or of another model."""
    try:
        written = (run.record("checksums") or {}).get(path.name)
        if written and checksum(path) not in written:
            raise OSError("its checksum is another")
        if not is_of_first_edition(path):
            model.load_weights(path)
            return
        with tempfile.TemporaryDirectory() as folder:
            today = Path(folder, "today.weights.h5")
            model.save_weights(today)
            fill_from_first_edition(today, path)
            model.load_weights(today)
    except Exception as error:  # h5py and Keras raise whatever they like on a damaged file
        if "shape" in str(error).lower():
            raise UserError(
                f"The checkpoint {path} is of a model for other data: was --data.path, or what lies there, changed? "
                f"This model learns from examples of shape {model.data_shape}."
            ) from error
        if is_hdf5(path) and not isinstance(error, OSError):
            raise UserError(
                f"The checkpoint {path} is not of this model ({type(error).__name__}): it is another run's, or "
                "config.yaml is. Put back the one that belongs here."
            ) from error
        others = len(run.epoch_checkpoints()) > 1
        instead = ", or move it away: the run then goes on from the one before it" if others else "; there is no other"
        said = f"The checkpoint {path} is damaged ({type(error).__name__}). Put back a copy{instead}."
        raise UserError(said) from error


def is_hdf5(path: Path) -> bool:
    """Return whether a file is whole as HDF5 goes: each part of it can be read."""
    try:
        with h5py.File(path) as file:
            file.visititems(lambda name, item: item[()] if isinstance(item, h5py.Dataset) else None)
        return True
    except Exception:  # whatever HDF5 finds
        return False
