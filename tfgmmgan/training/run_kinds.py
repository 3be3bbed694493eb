"""The kinds of a run on a folder: a row for each picture, and a page, as `cluster` writes them, with drawn ones."""

import os
from pathlib import Path

import numpy as np

from tfgmmgan.clustering import ImageClusterer
from tfgmmgan.data import ImageData
from tfgmmgan.data.originals import Originals
from tfgmmgan.data.pictures import Pictures
from tfgmmgan.data.scaling import to_uint8
from tfgmmgan.kinds import Answer, answer_of, draw_in_gallery
from tfgmmgan.models import LatentGAN
from tfgmmgan.training.options import TrainConfig
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.utils.errors import UserError, note

__all__ = ["check_pictures", "draw_kinds", "write_kinds"]

DRAWN = 32  # images of each kind on the page


def write_kinds(
    run: RunDirectory, clusterer: ImageClusterer, rows: np.ndarray, data: ImageData, config: TrainConfig
) -> None:
    """Write what a clusterer that a run has fitted says: of a folder of images an answer, else itself alone.

    Args:
        run: Where to.
        clusterer: The fitted clusterer.
        rows: Which of the training images it was fitted to.
        data: The dataset.
        config: That of the run.
    """
    pictures, places = _pictures(data, config)
    if pictures is None:
        if data.train.originals is not None:
            note(
                f"{data.name} is read while training; `cluster` says which picture is of which kind, and --from draws."
            )
        clusterer.save(run.clusterer)
        return
    clusterer.rows_used_ = places[rows[clusterer.rows_used_]]
    features = None
    if data.train.features is not None:
        features = np.empty((len(pictures), data.train.features.shape[1]), np.float32)
        features[places] = np.concatenate([data.train.features, data.test.features])
    answer = answer_of(clusterer, pictures, [Path(config["data.path"]).absolute()], config["data.crop"], None, features)
    clusterer.labels_ = np.array([row["cluster"] for row in answer.rows])
    answer.write(run.path)


def _pictures(data: ImageData, config: TrainConfig) -> tuple[Pictures | None, np.ndarray | None]:
    """Return the images of a folder by path, and where those for training, then for testing, are among them."""
    splits = (data.train, data.test)
    if any(split.originals is None or split.examples is None for split in splits):
        return None, None
    paths = np.concatenate([split.originals.paths for split in splits])
    names = np.array(_names(data, config), object)
    order = np.argsort(names, kind="stable")
    images = np.concatenate([split.examples for split in splits])[order]
    originals = Originals(paths[order], data.train.originals.options)
    places = np.empty(len(order), int)
    places[order] = np.arange(len(order))
    return Pictures(names[order].tolist(), images, originals, dict(data.unreadable)), places


def _names(data: ImageData, config: TrainConfig) -> list[str]:
    """Return the paths of a folder's images, relative to it: those for training, then those for testing."""
    paths = [path for split in (data.train, data.test) for path in split.originals.paths]
    return [Path(os.path.relpath(path, config["data.path"])).as_posix() for path in paths]


def check_pictures(answer: Answer, data: ImageData, config: TrainConfig) -> None:
    """Raise `UserError` where an answer is of other pictures than a dataset has."""
    known, there = {row["path"] for row in answer.rows}, set(_names(data, config))
    if known != there:
        new, gone = sorted(there - known), sorted(known - there)
        told = [f"{len(some)} {what}, such as {some[0]}" for some, what in ((new, "new"), (gone, "gone")) if some]
        raise UserError(
            f"{config['data.path']} does not hold the pictures whose kinds are in {config['from']}: "
            f"{'; '.join(told)}. Let cluster find the kinds again."
        )


def draw_kinds(run: RunDirectory, model: LatentGAN, seed: int) -> None:
    """Put drawn images of each kind on the page of a run, where it has one."""
    if run.gallery.is_file():
        kinds = range(model.num_components)
        draw_in_gallery(run.gallery, [to_uint8(model.generate(DRAWN, kind, seed=seed)) for kind in kinds])
