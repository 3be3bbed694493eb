"""Images to clusters, and a classifier that tells them."""

import pickle

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError

from tfgmmgan import ImageClusterer
from tfgmmgan.clustering import HOG, LinkClustering, image_clusterer, make_descriptor, sizes
from tfgmmgan.clustering.sizes import images_wanted
from tfgmmgan.data.augmentation import Augmentation
from tfgmmgan.data.scaling import to_float
from tfgmmgan.evaluation import cluster_scores
from tfgmmgan.utils.errors import UserError


def stripes(rng, count=240):
    """Stripes in four directions, of any brightness and phase, with noise; and which direction."""
    labels, at = rng.integers(0, 4, count), np.arange(16)
    x, y = at[None, None], at[None, :, None]
    turn = (labels * np.pi / 4)[:, None, None]
    waves = np.sin(1.3 * (np.cos(turn) * x + np.sin(turn) * y) + rng.uniform(0, 6, (count, 1, 1)))
    bright = (waves + 1) / 2 * rng.uniform(0.3, 1, (count, 1, 1)) + 0.02 * rng.normal(size=(count, 16, 16))
    return (255 * np.clip(bright, 0, 1)).astype(np.uint8)[..., None], labels


class Look(keras.callbacks.Callback):
    """Keeps the kind and the steps of each training, and its mean loss after each step."""

    def __init__(self):
        super().__init__()
        self.trainings = []

    def on_train_begin(self, logs=None):
        self.trainings.append((type(self.model).__name__, []))

    def on_train_batch_end(self, batch, logs=None):
        self.trainings[-1][1].append(logs["loss"])


@pytest.fixture
def untrained(monkeypatch):
    """Clusterers whose C stays as it was made."""
    monkeypatch.setattr(ImageClusterer, "_train", lambda *_: None)


def test_it_learns_what_k_means_does_not_find():
    images, labels = stripes(np.random.default_rng(1))
    little = Augmentation(shift=0.05, rotation=0.05, shear=0.0, scale=0.05)  # turned by more, a stripe is another's
    look = Look()
    clusterer = ImageClusterer(
        4, steps=400, self_training_rounds=1, batch_size=32, width=0.25, augmentation=little, random_state=0
    ).fit(images, callbacks=[look])
    found = cluster_scores(labels, clusterer.labels_)["acc"]
    k_means = KMeans(4, n_init=3, random_state=0).fit_predict(images.reshape(240, -1))
    assert found > 0.95 > 0.7 > cluster_scores(labels, k_means)["acc"]
    (_, supervised), (_, itself) = look.trainings
    assert supervised[-1] < supervised[0] / 2 and -np.log(4) <= itself[-1] < -0.9 * np.log(4)  # the most information
    new_images, new_labels = stripes(np.random.default_rng(2))
    assert cluster_scores(new_labels, clusterer.predict(new_images))["acc"] > 0.95


def test_it_is_a_descriptor_then_links_then_a_classifier_and_rounds(images, tiny_clusterer):
    look = Look()
    clusterer = tiny_clusterer(self_training_rounds=2).fit(images, callbacks=[look])
    kinds = [(kind, len(losses)) for kind, losses in look.trainings]
    assert kinds == [("SupervisedTraining", 4), ("SelfTraining", 6), ("SelfTraining", 6)]
    rows = make_descriptor("pixels").fit_transform(images)
    expected = LinkClustering(4, random_state=0).fit(rows)
    np.testing.assert_array_equal(clusterer.link_clustering_.labels_, expected.labels_)
    assert cluster_scores(np.arange(24) % 4, expected.labels_)["acc"] == 1
    assert clusterer.image_shape_ == (8, 8, 1)
    np.testing.assert_array_equal(clusterer.rows_used_, np.arange(24))


def test_what_it_says_is_the_classifiers_softmax(images, tiny_clusterer, monkeypatch):
    clusterer = tiny_clusterer().fit(images)
    logits = clusterer.classifier_(to_float(tf.constant(images)), training=False).numpy()
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    said = clusterer.predict_proba(images)
    assert said.shape == (24, 4) and said.dtype == np.float32
    np.testing.assert_allclose(said, odds / odds.sum(axis=1, keepdims=True), atol=1e-5)
    np.testing.assert_array_equal(clusterer.predict(images), said.argmax(axis=1))
    np.testing.assert_array_equal(clusterer.labels_, clusterer.predict(images))
    monkeypatch.setattr(image_clusterer, "BLOCK", 7)
    np.testing.assert_allclose(clusterer.predict_proba(images), said, atol=1e-5)
    assert clusterer.predict_proba(images[:0]).shape == (0, 4) and clusterer.predict(images[:0]).shape == (0,)


def test_fit_predict_gives_the_labels(images, tiny_clusterer):
    clusterer = tiny_clusterer(self_training_rounds=0)
    np.testing.assert_array_equal(clusterer.fit_predict(images), clusterer.labels_)


def test_images_may_be_bytes_or_floats_with_or_without_channels(images, tiny_clusterer):
    clusterer = tiny_clusterer(self_training_rounds=0).fit(images)
    floats = to_float(tf.constant(images)).numpy()
    said = clusterer.predict_proba(images)
    np.testing.assert_allclose(clusterer.predict_proba(floats), said, atol=1e-5)
    np.testing.assert_allclose(clusterer.predict_proba(images[..., 0]), said, atol=1e-5)
    again = tiny_clusterer(self_training_rounds=0).fit(floats[..., 0])
    np.testing.assert_array_equal(again.link_clustering_.labels_, clusterer.link_clustering_.labels_)
    np.testing.assert_allclose(again.predict_proba(images), said, atol=1e-3)


def test_the_seed_decides_and_nothing_else(images, tiny_clusterer):
    said = []
    for global_seed, seed in ((1, 0), (2, 0), (2, 1)):
        keras.utils.set_random_seed(global_seed)
        said.append(tiny_clusterer(random_state=seed).fit(images).predict_proba(images))
    np.testing.assert_array_equal(said[0], said[1])
    assert (said[0] != said[2]).any()


def test_a_fit_begins_anew(images, tiny_clusterer):
    clusterer = tiny_clusterer(self_training_rounds=0)
    first = clusterer.fit(images).predict_proba(images)
    np.testing.assert_array_equal(clusterer.fit(images).predict_proba(images), first)


def test_arguments_are_scikit_learns(images, tiny_clusterer):
    clusterer = tiny_clusterer(descriptor=HOG(deskew=True), entropy_penalty=0.3, n_init=2).fit(images)
    again = clone(clusterer)
    assert again.get_params(deep=False).keys() == clusterer.get_params(deep=False).keys()
    for name, value in clusterer.get_params(deep=False).items():
        if name != "descriptor":
            assert getattr(again, name) == value, name
    assert again.descriptor.deskew and again.get_params()["descriptor__deskew"]
    with pytest.raises(NotFittedError):
        again.predict(images)
    assert again.set_params(n_clusters=3, descriptor__deskew=False) is again
    assert again.n_clusters == 3 and not again.descriptor.deskew
    assert again.fit(images).predict_proba(images).shape == (24, 3)
    assert (clusterer.link_clustering_.n_init, clusterer.link_clustering_.entropy_penalty) == (2, 0.3)


def test_it_is_pickled_before_and_after_its_fit(images, tiny_clusterer, untrained):
    clusterer = tiny_clusterer(descriptor="hog_and_patches")
    before = pickle.loads(pickle.dumps(clusterer))
    after = pickle.loads(pickle.dumps(clusterer.fit(images)))
    np.testing.assert_array_equal(after.labels_, clusterer.labels_)
    np.testing.assert_allclose(after.predict_proba(images), clusterer.predict_proba(images), atol=1e-6)
    np.testing.assert_allclose(after.descriptor_.transform(images), clusterer.descriptor_.transform(images), atol=1e-6)
    np.testing.assert_array_equal(before.fit(images).labels_, clusterer.labels_)


def test_the_classifier_is_a_keras_model_that_is_saved_alone(images, tiny_clusterer, tmp_path):
    classifier = tiny_clusterer().fit(images).classifier_
    classifier.save(tmp_path / "classifier.keras")
    x = to_float(tf.constant(images))
    logits = keras.models.load_model(tmp_path / "classifier.keras")(x, training=False)
    assert logits.shape == (24, 4)
    np.testing.assert_allclose(logits, classifier(x, training=False), atol=1e-6)


def test_half_precision_trains_and_answers_in_full(images, tiny_clusterer):
    clusterer = tiny_clusterer(dtype="mixed_bfloat16", steps=2).fit(images)
    assert clusterer.classifier_.encoder.compute_dtype == "bfloat16"
    said = clusterer.predict_proba(images)
    assert said.dtype == np.float32 and keras.config.dtype_policy().name == "float32"
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-5)


def test_the_architecture_may_be_resnet(images, tiny_clusterer):
    large = images.repeat(4, axis=1).repeat(4, axis=2)
    clusterer = tiny_clusterer(architecture="resnet", steps=1, self_training_rounds=0).fit(large)
    assert type(clusterer.classifier_.encoder).__name__ == "ResNetEncoder"


def halves(images):
    """The mean of the upper and of the lower half."""
    return np.stack([images[:, :4].mean(axis=(1, 2, 3)), images[:, 4:].mean(axis=(1, 2, 3))], axis=1)


def test_the_descriptor_is_a_name_an_object_or_a_function(images, tiny_clusterer, untrained):
    given = HOG(deskew=True)
    by_object = tiny_clusterer(descriptor=given).fit(images)
    assert by_object.descriptor is given and by_object.descriptor_ is not given and by_object.descriptor_.deskew
    by_name = tiny_clusterer(descriptor="deskewed_hog").fit(images)
    np.testing.assert_array_equal(by_name.link_clustering_.labels_, by_object.link_clustering_.labels_)
    by_function = tiny_clusterer(2, descriptor=halves).fit(images)
    expected = np.arange(24) % 4 // 2  # by their halves two kinds are one
    assert cluster_scores(expected, by_function.link_clustering_.labels_)["acc"] == 1


def test_clusters_are_sought_among_so_many_images_and_all_are_labelled(images, tiny_clusterer, untrained, monkeypatch):
    seen = []
    monkeypatch.setattr(sizes, "MOST_IMAGES", 20)
    monkeypatch.setattr(sizes, "LEAST_IMAGES", 16)
    clusterer = tiny_clusterer(descriptor=lambda some: seen.append(some) or some.reshape(len(some), -1) / 1.0)
    clusterer.fit(images)
    assert len(set(clusterer.rows_used_)) == 20 and clusterer.labels_.shape == (24,)
    np.testing.assert_array_equal(np.concatenate(seen), images[clusterer.rows_used_])
    assert clusterer.link_clustering_.labels_.shape == (20,)
    other = tiny_clusterer(descriptor=halves, random_state=1).fit(images)
    assert (other.rows_used_ != clusterer.rows_used_).any()


def test_few_images_take_fewer_steps():
    for count, batch_size, steps in (
        (60_000, 64, 3000),
        (9600, 64, 3000),
        (4800, 64, 1500),
        (500, 64, 300),
        (80, 8, 300),
    ):
        assert sizes.training_steps(None, count, batch_size) == steps
    assert sizes.training_steps(7, 60_000, 64) == 7


def test_how_many_images_are_of_use():
    for shape, count in (((28, 28, 1), 60_000), ((64, 64, 3), 43_690), ((256, 256, 3), 10_000)):
        assert images_wanted(shape) == count


def test_with_faiss_a_million_small_images_are_of_use(monkeypatch):
    monkeypatch.setattr(sizes, "has_faiss", lambda: True)
    assert images_wanted((32, 32, 3)) > 1_000_000 > images_wanted((128, 128, 3)) > 60_000


def test_it_is_made_again_of_its_config(images):
    clusterer = ImageClusterer(7, "patches", 2, 0.2, augmentation=Augmentation(flip=True), random_state=3)
    assert ImageClusterer.from_config(clusterer.get_config()).get_params() == clusterer.get_params()
    for descriptor in (HOG(), halves):
        with pytest.raises(UserError, match=r"name one of tfgmmgan\.clustering\.DESCRIPTORS"):
            ImageClusterer(descriptor=descriptor).get_config()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"descriptor": "hoq"}, r"Unknown descriptor 'hoq'. Did you mean 'hog'\?"),
        ({"descriptor": 5}, "A descriptor is one of pixels, hog, .*; got int"),
        ({"n_clusters": 0}, "n_clusters must be a whole number, at least 1 or auto; got 0"),
        ({"n_init": 0}, "n_init must be a whole number, at least 1; got 0"),
        ({"entropy_penalty": 1.0}, "entropy_penalty must be a number, at least 0 and below 1; got 1.0"),
        ({"steps": 0}, "steps must be a whole number, at least 1 or null; got 0"),
        ({"self_training_rounds": -1}, "self_training_rounds must be a whole number, at least 0; got -1"),
        ({"batch_size": 0}, "batch_size must be a whole number, at least 1"),
        ({"width": 0}, "width must be a number, above 0; got 0"),
        ({"architecture": "dcgam"}, r"Unknown architecture 'dcgam'. Did you mean 'dcgan'\?"),
        ({"augmentation": {"flip": True}}, "augmentation must be "),
    ],
)
def test_arguments_that_can_not_be_are_told_when_it_fits(images, tiny_clusterer, options, message):
    clusterer = tiny_clusterer(**options)  # as scikit-learn has it, the constructor checks nothing
    with pytest.raises(UserError, match=message):
        clusterer.fit(images)


def test_what_are_no_images_is_told(images, tiny_clusterer):
    for given, message in (
        (images[:3], "4 kinds can't be found among 3 images"),
        (images[:, 0, :, 0], r"expected images \(n, H, W, C\) or \(n, H, W\); got shape \(24, 8\)"),
        (images.astype(int), "expected uint8, or floats"),
        (images.astype("f4"), r"must lie in \[-1, 1\]"),
        (np.full((24, 8, 8, 1), np.nan), "NaN or infinite"),
    ):
        with pytest.raises(UserError, match=message):
            tiny_clusterer().fit(given)
    assert tiny_clusterer().fit(images.repeat(2, axis=3)).image_shape_ == (8, 8, 2)  # any number of channels
    with pytest.raises(UserError, match="1 kinds can't be found among 1 images"):
        tiny_clusterer(1).fit(images[:1])
    clusterer = tiny_clusterer(steps=1, self_training_rounds=0).fit(images)
    with pytest.raises(UserError, match=r"Expected images of shape \(8, 8, 1\), as in fit; got \(8, 4, 1\)"):
        clusterer.predict(images[:, :, :4])
