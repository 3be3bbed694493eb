import numpy as np

from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation.networks.feature_network import FeatureNetwork, collect, real_features


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
