"""Networks, real and made here, as what images are compared by."""

import os
import re
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgmmgan.clustering import ImageClusterer, Network, Pixels, choice, make_descriptor
from tfgmmgan.clustering.descriptors import Features, NetworkAnd, Views, is_network
from tfgmmgan.data import DataOptions, load
from tfgmmgan.utils.errors import UserError

PRETRAINED = os.environ.get("TFGMMGAN_PRETRAINED", "")  # EfficientNet-Lite0, where it is at hand


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGMMGAN_CACHE", str(tmp_path / "cache"))


class Means(keras.Model):
    """Says what it was given: the mean of each channel, and of its square."""

    calls = 0

    def call(self, images, training=None):
        Means.calls += 1
        return tf.concat([tf.reduce_mean(images, axis=[1, 2]), tf.reduce_mean(images**2, axis=[1, 2])], axis=1)


def made(path=None):
    images = keras.Input((12, 12, 3))
    network = keras.Model(images, keras.layers.GlobalAveragePooling2D()(images))
    if path:
        network.save(path)
    return network


def test_a_network_gets_images_of_its_size_range_and_channels():
    grey = np.full((2, 8, 8, 1), [[[[0]]], [[[255]]]], np.uint8)
    for name, (low, high) in {"-1 to 1": (-1, 1), "0 to 1": (0, 1), "0 to 255": (0, 255)}.items():
        found = Network(made(), value_range=name).features(grey)
        np.testing.assert_allclose(found, [[low] * 3, [high] * 3], atol=1e-4)
    shapes = []

    class Spy(Means):
        def call(self, images, training=None):
            shapes.append(tuple(images.shape))
            return super().call(images)

    Network(Spy(), size=20).features(grey)
    Network(Spy()).features(grey)
    assert shapes == [(2, 20, 20, 3), (2, 128, 128, 3)]


def test_features_are_computed_once_for_images_and_network():
    images = np.random.default_rng(0).integers(0, 256, (70, 8, 8, 3), dtype=np.uint8)
    Means.calls = 0
    first = Network(Means()).features(images)
    assert Means.calls == 2  # of 64 images each
    np.testing.assert_array_equal(Network(Means()).features(images), first)
    assert Means.calls == 2
    Network(Means()).features(images[::-1])
    Network(Means(), size=16).features(images)
    assert Means.calls == 6


def test_files_of_networks(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (8, 12, 12, 3), dtype=np.uint8)
    network = made(tmp_path / "a.keras")
    network.export(tmp_path / "saved", verbose=False)
    expected = Network(network).features(images)
    for path in (tmp_path / "a.keras", tmp_path / "saved"):
        assert is_network(str(path))
        np.testing.assert_allclose(Network(str(path), size=12).features(images), expected, atol=1e-5)


def test_networks_of_keras_by_name(monkeypatch):
    def download(weights, **kwargs):
        assert weights == "imagenet"
        raise OSError("no route to host")

    assert is_network("MobileNetV2") and not is_network("MobileNetV9") and not is_network("nowhere.keras")
    images = np.zeros((4, 32, 32, 3), np.uint8)
    original = keras.applications.MobileNetV2
    monkeypatch.setattr(
        keras.applications, "MobileNetV2", lambda **k: original(**{**k, "weights": None, "alpha": 0.35})
    )
    monkeypatch.setattr(
        "tfgmmgan.clustering.descriptors.network.inspect.getmodule", lambda f: keras.applications.mobilenet_v2
    )
    assert Network("MobileNetV2", size=32).features(images).shape == (4, 1280)
    monkeypatch.setattr(keras.applications, "MobileNetV2", download)
    with pytest.raises(UserError, match=r"not in Keras's cache and can't be downloaded \(no route to host\)"):
        Network("MobileNetV2", size=32).features(images)
    with pytest.raises(UserError, match=r"no network 'MobileNetV22'. Did you mean 'MobileNetV2'"):
        Network("MobileNetV22").features(images)


def test_what_makes_no_features_is_refused():
    with pytest.raises(UserError, match=r"must make features \(n, F\) of images; it makes \(3,\)"):
        Network(lambda images, training: tf.zeros(3)).features(np.zeros((3, 8, 8, 3), np.uint8))


def test_features_are_compared_by_their_direction():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 6))
    scaled = rows * rng.uniform(1, 9, (40, 1))
    np.testing.assert_allclose(
        np.abs(Features().fit_transform(rows)), np.abs(Features().fit_transform(scaled)), atol=1e-5
    )
    for wrong in (rows * np.nan, rows[0]):
        with pytest.raises(UserError, match="finite numbers"):
            Features().fit(wrong)


def test_images_of_files_are_read_at_the_networks_size(tmp_path):
    """What 8 x 8 pixels do not show: a fine pattern, grey as a whole."""
    at = np.add.outer(np.arange(64), np.arange(64))
    for number in range(20):
        fine = np.where(at // (1 + number % 2) % 2, 255, 0).astype(np.uint8)
        Image.fromarray(fine).save(tmp_path / f"{number:02}.png")
    data = load("folder", DataOptions(path=str(tmp_path), image_size=8))
    assert np.ptp(data.train.examples.astype(int)) < 90

    def edges(images, training=None):
        return tf.reduce_mean(tf.abs(images[:, 1:] - images[:, :-1]), axis=[1, 2])

    network = Network(edges, size=64)
    found = network.features(data.train.originals)
    assert len(found) == len(data.train) == 18 and sorted({*np.round(found[:, 0], 2)}) == pytest.approx(
        [0.98, 2.0], abs=0.05
    )
    held = data.train.select(np.array([3, 5]))
    np.testing.assert_allclose(network.features(held.originals), found[[3, 5]], atol=1e-6)


@pytest.mark.skipif(not Path(PRETRAINED).is_file(), reason="the pretrained network is not at hand")
def test_a_real_network_tells_what_pixels_do_not():
    """Pictures of one colour and one texture each, moved about: the network knows their kinds."""
    rng = np.random.default_rng(0)
    kinds = np.arange(30) % 3
    images = np.stack([texture(kind, rng) for kind in kinds])
    rows = Network(PRETRAINED, size=64).fit_transform(images)
    near = np.argsort(((rows[:, None] - rows) ** 2).sum(-1), axis=1)[:, 1:4]
    assert (kinds[near] == kinds[:, None]).mean() > 0.9


def texture(kind, rng):
    y, x = np.mgrid[:64, :64] + rng.integers(0, 20, (2, 1, 1))
    pattern = [np.sin(x / 2), np.sin(y / 2), np.sin(x / 3) * np.sin(y / 3)][kind] * rng.uniform(0.6, 1)
    return np.repeat(np.uint8(127 + 120 * pattern)[..., None], 3, axis=2)


# -- choosing ----------------------------------------------------------------------------------------------


def small(**options):
    sizes = {"steps": 4, "self_training_rounds": 0, "batch_size": 8, "width": 0.05}
    return ImageClusterer(3, **sizes | options)


def test_the_clearest_descriptor_is_chosen_and_told(monkeypatch, capsys, tmp_path):
    rng = np.random.default_rng(0)
    kinds = np.arange(90) % 3
    images = rng.integers(0, 256, (90, 8, 8, 3), dtype=np.uint8)
    images[:, 0, 0] = 80 * kinds[:, None]  # one pixel of noise tells the kind, to a network that looks at it alone
    corner = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Cropping2D(((0, 7), (0, 7))), keras.layers.Flatten()]
    )
    turn = keras.layers.Dense(2)
    network = keras.Sequential([corner, turn, keras.layers.Dense(3, use_bias=True)])
    network.build((None, 8, 8, 3))
    turn.set_weights([np.array([[3.0, 0], [0, 3], [0, 0]]), np.array([0.5, -0.2])])
    network.save(tmp_path / "corner.keras")
    chosen = small(network=str(tmp_path / "corner.keras"), verbose=2).fit(images)
    assert isinstance(chosen.descriptor_, Network) and chosen.descriptor_scores_["network"] > 0.8
    assert max(score for name, score in chosen.descriptor_scores_.items() if not name.startswith("network")) < 0.5
    assert re.search("Images are compared by network.*, as its kinds are clear: pixels 0", capsys.readouterr().out)
    plain = small().fit(images)
    assert "network" not in plain.descriptor_scores_


def test_features_of_ones_own_are_what_images_are_compared_by(tmp_path):
    rng = np.random.default_rng(0)
    kinds = np.arange(60) % 3
    features = np.eye(3)[kinds] + 0.05 * rng.normal(size=(60, 3))
    images = rng.integers(0, 256, (60, 8, 8, 1), dtype=np.uint8)
    found = small().fit(images, features=features)
    clusters = found.link_clustering_.labels_
    assert len({*zip(clusters, kinds, strict=True)}) == 3
    with pytest.raises(UserError, match="expected a row for each of 60 images; got 59"):
        small().fit(images, features=features[1:])
    np.savez(tmp_path / "a.npz", images=images, features=features)
    split = load("arrays", DataOptions(path=str(tmp_path / "a.npz"))).train
    rows = [next(i for i, image in enumerate(images) if (image == one).all()) for one in split.examples]
    np.testing.assert_array_equal(split.features, features[rows])
    np.savez(tmp_path / "b.npz", images=images, features=features[:5])
    with pytest.raises(UserError, match=r"features must be numbers \(n, F\), a row for each of the 60 images"):
        load("arrays", DataOptions(path=str(tmp_path / "b.npz")))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"descriptor": "network"}, "'network' needs a network"),
        ({"network": "nowhere.kers"}, "no network 'nowhere.kers'"),
        ({"descriptor": "hog", "network": "MobileNetV2"}, "'hog' has no use for the network MobileNetV2"),
        ({"descriptor": "hogg"}, "Unknown descriptor 'hogg'. Did you mean 'hog'"),
    ],
)
def test_names_of_none_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        small(**options).fit(np.zeros((9, 8, 8, 1), np.uint8))


def test_of_descriptors_that_are_alike_the_one_that_sees_most_is_taken(monkeypatch):
    scores = iter([0.80, 0.90, 0.895, 0.80])
    found = SimpleNamespace(fit=lambda rows: SimpleNamespace(information_=next(scores) * np.log(3)))
    monkeypatch.setattr(choice, "LinkClustering", lambda *args, **kwargs: found)
    same = make_descriptor("pixels"), np.zeros((9, 8, 8, 1), np.uint8)
    best, told = choice.choose_descriptor(dict.fromkeys("abcd", same), 3)
    assert best == "c" and told == pytest.approx({"a": 0.80, "b": 0.90, "c": 0.895, "d": 0.80})


def test_a_network_beside_another_descriptor_counts_the_same():
    images = np.random.default_rng(0).integers(0, 256, (30, 12, 12, 3), dtype=np.uint8)
    both = NetworkAnd(Network(made()), Pixels())
    rows = both.fit_transform(images)
    parts = Network(made()).fit_transform(images), Pixels().fit_transform(images)
    expected = [part / np.sqrt(part.var(axis=0).sum()) for part in parts]
    np.testing.assert_allclose(np.abs(rows), np.abs(np.concatenate(expected, axis=1)), atol=1e-4)
    np.testing.assert_allclose(both.transform(images[:4]), rows[:4], atol=1e-5)
    views = Views(images, images[::-1])[np.array([2, 3, 5])]
    np.testing.assert_array_equal(views.images, images[[2, 3, 5]])
    np.testing.assert_array_equal(views.originals, images[::-1][[2, 3, 5]])
