"""Fitted clusterers on disk, which run nothing when they are opened."""

import json
import pickle
from pathlib import Path

import keras
import numpy as np
import pytest

from tfgmmgan import ImageClusterer, UserError
from tfgmmgan.clustering import DESCRIPTORS, saving


def same(found, clusterer, images):
    np.testing.assert_array_equal(found.predict_proba(images), clusterer.predict_proba(images))
    np.testing.assert_array_equal(found.score_outliers(images), clusterer.score_outliers(images))
    np.testing.assert_array_equal(found.link_clustering_.labels_, clusterer.link_clustering_.labels_)
    assert found.get_params() == clusterer.get_params()


@pytest.mark.parametrize("descriptor", DESCRIPTORS)
def test_what_is_saved_says_the_same(descriptor, images, tiny_clusterer, tmp_path):
    clusterer = tiny_clusterer(descriptor=descriptor).fit(images)
    clusterer.save(tmp_path / "kinds")
    found = ImageClusterer.load(tmp_path / "kinds")
    same(found, clusterer, images)
    assert sorted(path.name for path in (tmp_path / "kinds").iterdir()) == ["classifier.keras", "clusterer.npz"]


def test_counted_kinds(images, tiny_clusterer, tmp_path):
    clusterer = tiny_clusterer("auto", descriptor="auto").fit(images)
    clusterer.save(tmp_path)
    found = ImageClusterer.load(tmp_path)
    same(found, clusterer, images)
    for name in ("n_clusters_", "count_information_", "descriptor_scores_", "temperature_"):
        assert getattr(found, name) == getattr(clusterer, name)


def test_given_features(images, tiny_clusterer, tmp_path):
    features = images.reshape(24, -1) / 255
    clusterer = tiny_clusterer().fit(images, features=features)
    clusterer.save(tmp_path)
    found = ImageClusterer.load(tmp_path)
    np.testing.assert_array_equal(found.score_outliers(features), clusterer.score_outliers(features))


def test_a_network_is_asked_for_again(images, tiny_clusterer, tmp_path):
    network = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(6)])
    network.save(tmp_path / "network.keras")
    file = str(tmp_path / "network.keras")
    clusterer = tiny_clusterer(descriptor="network_and_hog_and_patches", network=file).fit(images)
    clusterer.save(tmp_path / "kinds")
    with pytest.raises(UserError, match=r"were compared by the network .*network\.keras. A network is a program"):
        ImageClusterer.load(tmp_path / "kinds")
    same(ImageClusterer.load(tmp_path / "kinds", network=file), clusterer, images)


def test_what_is_no_data_is_not_saved(images, tiny_clusterer, tmp_path):
    clusterer = tiny_clusterer(descriptor=lambda some: some.reshape(len(some), -1) / 255).fit(images)
    with pytest.raises(UserError, match=r"A \w+ can't be saved as data"):
        clusterer.save(tmp_path / "kinds")
    assert not (tmp_path / "kinds").exists()
    with pytest.raises(ValueError, match="not fitted"):
        tiny_clusterer().save(tmp_path)


def spoilt(file, change):
    with np.load(file) as arrays:
        content = dict(arrays)
    content["tree"] = np.array(change(str(content["tree"])))
    np.savez(file, **content)


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree.replace('"class": "Pixels"', '"class": "Popen"'),
        lambda tree: tree.replace('"class": "Pixels"', '"class": "os.system"'),
        lambda tree: tree[:50],
        lambda tree: "[]",
        lambda tree: json.dumps({"dict": []}),
    ],
)
def test_a_foreign_or_damaged_one_is_refused(change, images, tiny_clusterer, tmp_path):
    tiny_clusterer().fit(images).save(tmp_path)
    spoilt(tmp_path / saving.FILE, change)
    with pytest.raises(UserError, match="is damaged"):
        ImageClusterer.load(tmp_path)


def test_pickles_inside_are_never_opened(images, tiny_clusterer, tmp_path):
    tiny_clusterer().fit(images).save(tmp_path)
    touched = tmp_path / "touched"

    class Evil:
        def __reduce__(self):
            return Path.touch, (touched,)

    np.savez(tmp_path / saving.FILE, tree=np.array([Evil()], object))
    with pytest.raises(UserError, match="is damaged"):
        ImageClusterer.load(tmp_path)
    assert not touched.exists()
    pickle.loads(pickle.dumps(Evil()))
    assert touched.exists()  # it would have


def test_nothing_there(tmp_path):
    with pytest.raises(UserError, match=r"holds no fitted clusterer: there is no clusterer\.npz"):
        ImageClusterer.load(tmp_path)
