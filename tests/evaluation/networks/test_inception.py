"""The Inception road, end to end with a small SavedModel of the same contract."""

import hashlib
import shutil
import sys

import numpy as np
import pytest
import requests
import tensorflow as tf

import tfgmmgan
from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation import EvaluationOptions, make_scorecard, summary
from tfgmmgan.evaluation.networks.inception import HUB_URL, _tensorflow_hub, load_inception
from tfgmmgan.evaluation.subject import Subject
from tfgmmgan.utils.errors import UserError


class Small(tf.Module):
    """Means over a grid of the 299x299 image as `pool_3`, and three logits of them."""

    @tf.function(input_signature=[tf.TensorSpec((None, 299, 299, 3), tf.float32)])
    def __call__(self, images):
        pooled = tf.reshape(tf.nn.avg_pool2d(images, 149, 149, "VALID"), [-1, 1, 1, 12])
        flat = tf.reshape(pooled, [-1, 12])
        return {"pool_3": pooled, "logits": 5 * tf.stack([flat[:, 0], flat[:, 4], flat[:, 8]], axis=1)}


class Wrong(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec((None, 10), tf.float32)])
    def __call__(self, rows):
        return rows


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("hub") / "inception"
    tf.saved_model.save(Small(), str(path))
    return path


@pytest.fixture(scope="module")
def signature_only(tmp_path_factory):
    path = tmp_path_factory.mktemp("hub") / "signature"
    module = tf.Module()
    module.run = Small().__call__
    tf.saved_model.save(module, str(path), signatures={"serving_default": Small().__call__.get_concrete_function()})
    return path


def test_features_of_resized_images(saved, signature_only):
    rng = np.random.default_rng(0)
    images = rng.uniform(-1, 1, (70, 32, 32, 3)).astype(np.float32)
    large = tf.image.resize(images, (299, 299)).numpy()
    first_cell = large[:, :149, :149].mean((1, 2))
    for path in (saved, signature_only):
        network = load_inception(str(path))
        features, logits = network.run(images)
        assert features.shape == (70, 12) and logits.shape == (70, 3)
        np.testing.assert_allclose(features[:, :3], first_cell, atol=1e-4)
    assert network.about["source"] == str(signature_only) and "bilinear to 299x299" in network.about["resize"]
    grey = rng.uniform(-1, 1, (2, 8, 8, 1)).astype(np.float32)
    features, _ = load_inception(str(saved)).run(grey)
    np.testing.assert_allclose(features[:, 0], features[:, 2], atol=1e-6)


def colour_data(n=30):
    rng = np.random.default_rng(0)
    split = Split(n, None, rng.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8))
    return ImageData("colour", split, split, (32, 32, 3))


def test_in_the_scorecard(saved, monkeypatch):
    model = tfgmmgan.GAN((32, 32, 3), 4, width=0.05)
    card = make_scorecard(model, colour_data(), {}, EvaluationOptions(inception=str(saved)))
    found = card["image_quality"]["prior"]["inception"]
    assert found["num"] == 30 and found["num_scored"] == 100 and 1 <= found["score"] <= 3
    assert found["frechet_distance"] > card["floor"]["inception"]["frechet_distance"] == pytest.approx(0, abs=1e-6)
    assert card["networks"]["inception"]["source"] == str(saved)
    asked = Subject(model, colour_data(), EvaluationOptions(inception=str(saved)))
    assert [network.name for network in asked.networks_while_training] == ["inception", "autoencoder"]
    monkeypatch.setattr("tfgmmgan.evaluation.subject.HUB_URL", str(saved))  # as if TF-Hub could be reached
    unasked = Subject(model, colour_data())
    assert [network.name for network in unasked.networks] == ["inception", "autoencoder"]
    assert [network.name for network in unasked.networks_while_training] == ["autoencoder"]

    monkeypatch.setattr("tfgmmgan.data.dataset.Split.draw_batches", _only(1000, Split.draw_batches))
    again = make_scorecard(model, colour_data(), {}, EvaluationOptions(inception=str(saved)))
    assert again["floor"] == card["floor"]


def _only(n, original):
    """Return `draw_batches` that is refused but to the fingerprint, which draws n."""

    def draw(self, asked, batch_size=256):
        assert asked == n, "the features of real images are cached"
        return original(self, asked, batch_size)

    return draw


def test_without_weights_one_line_and_everything_else(monkeypatch):
    def unreachable(*args, **kwargs):
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "head", unreachable)
    card = make_scorecard(tfgmmgan.GAN((32, 32, 3), 4, width=0.05), colour_data(), {})
    assert set(card["networks"]) == {"autoencoder"}
    (line,) = [note for note in card["notes"] if "Inception" in note]
    assert "can't be reached" in line and "--evaluation.inception PATH" in line and line in summary(card)
    wanted = EvaluationOptions(inception="none")
    assert not any(
        "Inception" in note
        for note in make_scorecard(tfgmmgan.GAN((32, 32, 3), 4, width=0.05), colour_data(), {}, wanted)["notes"]
    )


def test_what_is_no_inception(tmp_path):
    with pytest.raises(UserError, match=r"has no saved_model\.pb"):
        load_inception(str(tmp_path))
    tf.saved_model.save(Wrong(), str(tmp_path / "wrong"))
    with pytest.raises(UserError, match=r"is not TF-GAN's Inception: expected images \(n, 299, 299, 3\)"):
        load_inception(str(tmp_path / "wrong"))
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "saved_model.pb").write_bytes(b"nonsense")
    with pytest.raises(UserError, match="can't be loaded"):
        load_inception(str(tmp_path / "damaged"))


def test_tf_hub_without_pkg_resources(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "tensorflow_hub"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pkg_resources", None)  # importing it fails, as where it is not installed
    assert callable(_tensorflow_hub().load)
    assert "pkg_resources" not in sys.modules or sys.modules["pkg_resources"] is None


def test_from_tf_hub_s_cache(saved, monkeypatch, tmp_path):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    shutil.copytree(saved, tmp_path / hashlib.sha1(HUB_URL.encode()).hexdigest())
    network = load_inception()
    assert network.about["source"] == HUB_URL
    assert network.run(np.zeros((2, 32, 32, 3), np.float32))[0].shape == (2, 12)
