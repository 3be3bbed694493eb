"""A fit that is killed anywhere goes on where it was, and ends as if nothing had happened."""

import keras
import numpy as np
import pytest

from tfgmmgan.clustering import ImageClusterer, LinkClustering, Progress, link_clustering, progress
from tfgmmgan.utils.errors import UserError


class Killed(BaseException):
    """What a test stops a fit by."""


def small(**options):
    sizes = {"steps": 4, "self_training_rounds": 1, "n_init": 2, "batch_size": 8, "width": 0.05, "descriptor": "pixels"}
    return ImageClusterer(4, **sizes | options)


def kill_at(patch, call):
    """Let the fit die in the `call`-th writing of a file, which is then not there."""
    write, calls = Progress._write, []

    def counted(self, stage, arrays):
        calls.append(stage)
        if len(calls) == call:
            raise Killed
        write(self, stage, arrays)

    patch.setattr(Progress, "_write", counted)
    return calls


def test_a_fit_killed_at_every_writing_ends_the_same(images, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.0)  # each step is saved
    keras.utils.set_random_seed(0)
    whole = small().fit(images)
    with monkeypatch.context() as patch:
        stages = kill_at(patch, 10**9)
        small().fit(images, progress=Progress(tmp_path / "all"))
    assert stages == ["neighbours", "clusters_0", "clusters_1"] + 5 * ["supervised_training"] + 7 * ["self_training_0"]
    for number in (2, 3, 4, 6, 9, 12, 15):  # in every stage, at its beginning, middle and end
        with monkeypatch.context() as patch, pytest.raises(Killed):
            kill_at(patch, number)
            small().fit(images, progress=Progress(tmp_path / str(number)))
        keras.utils.set_random_seed(number)
        again = small().fit(images, progress=Progress(tmp_path / str(number)))
        for one, other in zip(whole.classifier_.get_weights(), again.classifier_.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(whole.labels_, again.labels_)


def test_what_is_there_is_not_done_again(images, tmp_path, monkeypatch):
    rows = images.reshape(24, -1).astype(float)
    first = LinkClustering(3, n_init=2, random_state=0).fit(rows, progress=Progress(tmp_path))
    monkeypatch.setattr(link_clustering, "nearest_rows", pytest.fail)
    monkeypatch.setattr(LinkClustering, "_cluster", pytest.fail)
    again = LinkClustering(3, n_init=2, random_state=0).fit(rows, progress=Progress(tmp_path))
    np.testing.assert_array_equal(first.labels_, again.labels_)
    np.testing.assert_array_equal(first.neighbors_, again.neighbors_)


def test_seconds_of_all_processes_are_counted(tmp_path):
    first = Progress(tmp_path)
    first.started -= 100
    first.once("a", lambda: {"x": np.zeros(1)})
    assert 100 <= Progress(tmp_path).seconds < 110
    Progress(tmp_path).clear()
    assert not tmp_path.exists() and Progress(tmp_path).seconds < 10


def test_a_damaged_file_is_named(tmp_path):
    Progress(tmp_path).once("a", lambda: {"x": np.zeros(1)})
    (tmp_path / "a.npz").write_bytes(b"PK damaged")
    with pytest.raises(UserError, match=r"a.npz is damaged.*Remove it"):
        Progress(tmp_path).once("a", lambda: {"x": np.zeros(1)})


def test_nothing_is_kept_without_a_folder(images, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small(self_training_rounds=0).fit(images)
    assert list(tmp_path.iterdir()) == []
