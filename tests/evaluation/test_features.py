import numpy as np
import pytest
from tfgmmgan.evaluation.cache import cache_folder, cached, fingerprint
from tfgmmgan.evaluation.judge import train_judge

from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation import FeatureNetwork, Features, collect, compare_features, real_features, train_autoencoder


def dataset(images, labels=None):
    split = Split(len(images), labels, images)
    return ImageData("quadrants", split, split, images.shape[1:], ["a", "b", "c", "d"] if labels is not None else [])


def test_collect_scales_and_keeps(images):
    network = FeatureNetwork("mean", lambda x: (x.reshape(len(x), -1).mean(1, keepdims=True), x[:, 0, 0]), "mean")
    found, kept = collect([network], [images[:10], images[10:]], keep=12)
    floats = images / np.float32(127.5) - 1
    np.testing.assert_allclose(found["mean"].values[:, 0], floats.mean((1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(found["mean"].logits, floats[:, 0, 0], rtol=1e-5)
    np.testing.assert_allclose(kept, floats[:12], rtol=1e-5)
    assert collect([network], [images])[1] is None


def test_real_features_are_computed_once(images):
    calls = []

    def run(batch):
        calls.append(len(batch))
        return batch.reshape(len(batch), -1), None

    data = dataset(images)
    network = FeatureNetwork("pixels", run, "test_real_features_are_computed_once")
    first = real_features(network, data, "train", 10)
    again = real_features(network, data, "train", 10)
    assert calls == [10] and first.logits is None
    np.testing.assert_array_equal(first.values, again.values)
    real_features(network, data, "train", 11)
    other = images.copy()
    other[0] = 0
    real_features(network, dataset(other), "train", 10)
    real_features(FeatureNetwork("pixels", run, "another"), data, "train", 10)
    assert calls == [10, 11, 10, 10]
    whole = real_features(network, data, "test", len(images))  # in stored order, as labels are
    np.testing.assert_allclose(whole.values, (images / np.float32(127.5) - 1).reshape(24, -1), rtol=1e-5)


def test_the_fingerprint_knows_labels_and_size(images):
    labels = np.arange(24) % 4
    prints = [
        fingerprint(dataset(images)),
        fingerprint(dataset(images, labels)),
        fingerprint(dataset(images, 3 - labels)),
        fingerprint(dataset(images[:20])),
    ]
    assert len(set(prints)) == 4 and fingerprint(dataset(images.copy())) == prints[0]
    many = np.repeat(images, 60, axis=0)  # more than are looked at of a stream
    other = many.copy()
    other[700] = 0
    assert fingerprint(dataset(many)) != fingerprint(dataset(other))


def test_a_damaged_cache_is_made_again(monkeypatch, tmp_path):
    monkeypatch.setenv("TFGMMGAN_CACHE", str(tmp_path / "cache"))
    make = lambda: {"x": np.arange(3)}  # noqa: E731
    cached("thing", {"a": 1}, make)
    (file,) = cache_folder().iterdir()
    for damage in (b"", b"PK nonsense", file.read_bytes()[:-20]):
        file.write_bytes(damage)
        np.testing.assert_array_equal(cached("thing", {"a": 1}, make)["x"], np.arange(3))
    np.testing.assert_array_equal(cached("thing", {"a": 1}, lambda: 1 / 0)["x"], np.arange(3))
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("TFGMMGAN_CACHE", str(blocked))
    np.testing.assert_array_equal(cached("thing", {"a": 1}, make)["x"], np.arange(3))


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.delenv("TFGMMGAN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "tfgmmgan"


def test_comparing_takes_as_many_of_both():
    rng = np.random.default_rng(0)
    real = Features(rng.standard_normal((50, 3)).astype(np.float32))
    generated = Features(rng.standard_normal((80, 3)).astype(np.float32), rng.standard_normal((80, 4)))
    found = compare_features(Features(real.values, generated.logits[:50]), generated)
    assert found["num"] == 50 and found["num_scored"] == 80
    assert found["frechet_distance"] == compare_features(real, Features(generated.values[:50]))["frechet_distance"]
    assert "score" not in compare_features(real, Features(generated.values))
    same = compare_features(real, real)
    assert same["frechet_distance"] == pytest.approx(0, abs=1e-6) and same["precision"] == same["recall"] == 1
    assert same["coverage"] == 1 and same["density"] > 1  # each lies in its own ball, too
    with pytest.raises(ValueError, match="at least 50"):
        compare_features(real, generated[slice(40)])


def test_the_autoencoder_tells_noise_from_examples():
    rng = np.random.default_rng(0)
    basis = rng.standard_normal((2, 64))
    images = np.tanh(rng.standard_normal((300, 2)) @ basis).reshape(300, 8, 8, 1).astype(np.float32)
    data = dataset(images)
    autoencoder = train_autoencoder(data, epochs=40)
    assert autoencoder.codes(images).shape == (300, 10)
    errors = autoencoder.run(images)[0][:, -1]
    noise = autoencoder.run(rng.uniform(-1, 1, (50, 8, 8, 1)).astype(np.float32))[0][:, -1]
    assert noise.min() > errors.mean() + 3 * errors.std()
    again = train_autoencoder(data, epochs=40)  # from the cache
    np.testing.assert_array_equal(again.run(images)[0], autoencoder.run(images)[0])


def test_the_judge_is_cached(images):
    data = dataset(images, np.arange(24) % 4)
    first = train_judge(data, epochs=3, min_steps=3)
    again = train_judge(data, epochs=3, min_steps=3)
    floats = images.astype(np.float32) / 127.5 - 1
    for one, other in zip(first.run(floats), again.run(floats), strict=True):
        np.testing.assert_array_equal(one, other)
    assert first.run(floats)[0].shape == (24, 128) and 0 <= first.accuracy <= 1
    assert first.network().about["test_accuracy"] == pytest.approx(first.accuracy, abs=1e-4)


def test_rows_from_all_over_a_sorted_split():
    """Examples that are stored class by class: the first of them are of a few classes only."""
    stored = Features(np.arange(10_000, dtype=np.float32)[:, None], np.arange(10_000)[:, None])
    assert stored.spread(10_000) is stored and stored.spread(10_001) is stored
    chosen = stored.spread(100)
    rows = chosen.logits[:, 0]
    np.testing.assert_array_equal(chosen.values[:, 0], rows)
    assert len(set(rows)) == 100 and (np.diff(rows) > 0).all()
    assert (np.bincount(rows // 1000, minlength=10) > 3).all()
    np.testing.assert_array_equal(rows, stored.spread(100).logits[:, 0])


def test_no_more_than_so_many_are_compared_and_these_are_from_all_over(monkeypatch):
    monkeypatch.setattr("tfgmmgan.evaluation.image_quality.NUM_COVERED", 200)
    rng = np.random.default_rng(0)
    classes = np.repeat(np.arange(4), 250)
    values = (10 * np.eye(4)[classes] + rng.standard_normal((1000, 4))).astype(np.float32)
    mixed = rng.permutation(1000)
    real, generated = Features(values), Features((10 * np.eye(4)[classes[mixed]]).astype(np.float32) + 0.1)
    assert compare_features(real, generated)["precision"] == 1
