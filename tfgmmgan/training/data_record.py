"""What data a run was trained on: written down when it begins, and compared when it goes on."""

from tfgmmgan.data import ImageData
from tfgmmgan.evaluation.networks.fingerprint import fingerprint
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.utils.errors import UserError

__all__ = ["digest_of", "trained_on"]


def digest_of(data: ImageData) -> dict:
    """Return what tells a dataset from others: the `digest` that `fingerprint` gives, shortened; sizes and shape."""
    sizes = {"train": len(data.train), "test": len(data.test), "classes": len(data.class_names)}
    return {"digest": fingerprint(data)[:16], **sizes, "shape": list(data.shape)}


def trained_on(run: RunDirectory, data: ImageData, first_epoch: int, changed_ok: bool) -> list[dict]:
    """Return what a run was trained on, in order, each as `digest_of` and `from_epoch`, with this data the last.

    Raises:
        UserError: If the data is not what it was, and this was not said to be right.
    """
    now, before = {**digest_of(data), "from_epoch": first_epoch}, run.record("data") or []
    if not before or before[-1]["digest"] == now["digest"]:
        return before or [now]
    if not changed_ok:
        old = before[-1]
        raise UserError(
            f"The data is not what {run.path} was trained on: {now['train']} training and {now['test']} test examples "
            f"(digest {now['digest']}), and it was {old['train']} and {old['test']} ({old['digest']}). Test examples "
            "may have been trained on. Put the data back, or go on with it as it is by --data.changed_ok true."
        )
    return [*before, now]
