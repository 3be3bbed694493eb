"""How the classifier learns clusters, and then from itself."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan.clustering import classifier_training
from tfgmmgan.clustering.classifier_training import (
    SelfTraining,
    SupervisedTraining,
    settle,
    train_on_clusters,
    train_on_itself,
)
from tfgmmgan.data.augmentation import Augmentation
from tfgmmgan.data.scaling import to_float
from tfgmmgan.networks.chain import copy_of
from tfgmmgan.utils.random import make_seed, split

AUGMENTATION = Augmentation()


def network(classes=4):
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((8, 8, 1)), layers.BatchNormalization(), layers.Flatten(), layers.Dense(classes)]
    )


def teacher_of(classifier):
    return copy_of(classifier, tf.zeros([1, 8, 8, 1]))


def neighbours_of(images):
    """(24, 2): of each image the next two of its kind."""
    return (np.arange(24)[:, None] + [4, 8]) % 24


def softmax(logits):
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("penalty", [0.0, 0.6])
def test_a_round_s_loss_is_cross_entropy_with_the_teacher_less_information(penalty):
    rng = np.random.default_rng(0)
    told = {name: rng.normal(size=(9, 3)) for name in ("images", "changed", "neighbours", "taught")}
    joint = softmax(told["images"]).T @ softmax(told["neighbours"]) / 9
    joint = (joint + joint.T) / 2
    share = joint.sum(axis=0)
    information = (joint * np.log(joint / np.outer(share, share))).sum() + penalty * (share * np.log(share)).sum()
    known = -np.log(softmax(told["changed"])[np.arange(9), told["taught"].argmax(axis=1)]).mean()
    model = SelfTraining(network(3), network(3), AUGMENTATION, penalty, make_seed(0))
    found = model.compute_loss(y_pred={name: tf.constant(logits) for name, logits in told.items()})
    assert float(found) == pytest.approx(known - information, rel=1e-5)


def test_a_round_sees_images_as_they_are_and_changed_and_neighbours_changed_otherwise(images):
    classifier, teacher, seed = network(), network(), make_seed(3)
    model = SelfTraining(classifier, teacher, AUGMENTATION, 0.0, seed)
    model.compile("sgd")
    model.optimizer.iterations.assign(7)
    pairs = np.stack([images, images[::-1]], axis=1)
    found = model(tf.constant(pairs), training=True)
    of_step = split(seed, 7)
    first, second = to_float(tf.constant(images)), to_float(tf.constant(images[::-1].copy()))
    expected = {
        "images": classifier(first, training=True),
        "changed": classifier(AUGMENTATION(first, split(of_step, 0)), training=True),
        "neighbours": classifier(AUGMENTATION(second, split(of_step, 1)), training=True),
        "taught": teacher(first, training=False),
    }
    assert found.keys() == expected.keys()
    for name in found:
        np.testing.assert_allclose(found[name], expected[name], atol=1e-5)


def test_each_step_changes_images_anew_and_by_the_seed_alone(images):
    def told(seed, step):
        model = SupervisedTraining(classifier, AUGMENTATION, make_seed(seed))
        model.compile("sgd")
        model.optimizer.iterations.assign(step)
        return model(tf.constant(images)).numpy()

    classifier = network()
    np.testing.assert_array_equal(told(0, 1), told(0, 1))
    assert (told(0, 1) != told(0, 2)).any() and (told(0, 1) != told(1, 1)).any()


def test_a_supervised_training_learns_the_clusters(images):
    losses, rates, classifier = [], [], network()

    class Look(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))

        def on_train_end(self, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))
            losses.append(logs["loss"])

    clusters = np.arange(24) % 4
    for _ in range(5):
        options = Augmentation(0.05, 0.05, 0.0, 0.0), 100, 8, 0
        train_on_clusters(classifier, images, clusters, *options, callbacks=[Look()])
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0] / 2
    assert rates[0] == pytest.approx(1e-3) and rates[100] == pytest.approx(0, abs=1e-9)
    settle(classifier, images, 24, 0)
    np.testing.assert_array_equal(classifier(to_float(tf.constant(images))).numpy().argmax(axis=1), clusters)


@pytest.fixture
def batches(monkeypatch):
    """A list to which what would be fitted is added, and the seed of its changes, in place of fitting."""
    given = []
    monkeypatch.setattr(
        classifier_training,
        "_fit",
        lambda model, batches, *_: given.append((tuple(model.seed.numpy()), list(batches.as_numpy_iterator()))),
    )
    return given


def rows_of(images, batch):
    return np.array([(images == image).all(axis=(1, 2, 3)).argmax() for image in batch])


def test_images_come_with_their_clusters_each_as_often(images, batches):
    clusters = np.random.default_rng(0).integers(0, 4, 24)
    train_on_clusters(network(), images, clusters, AUGMENTATION, 6, 8, 0)
    ((_, given),) = batches
    rows = np.concatenate([rows_of(images, batch) for batch, _ in given])
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in given]), clusters[rows])
    assert [len(batch) for batch, _ in given] == [8] * 6 and (np.bincount(rows, minlength=24) == 2).all()
    assert given[0][0].dtype == images.dtype
    assert sorted(rows[:24]) == list(range(24))  # a pass, then the next in another order
    assert (rows[:24] != rows[24:]).any()


def test_images_come_with_one_of_their_neighbours(images, batches):
    near = neighbours_of(images)
    train_on_itself(network(), network(), images, near, AUGMENTATION, 0.0, 30, 8, 0, number=0)
    ((_, given),) = batches
    first, second = (np.concatenate([rows_of(images, batch[:, at]) for batch in given]) for at in (0, 1))
    assert all(other in near[one] for one, other in zip(first, second, strict=True))
    assert (np.bincount(first, minlength=24) == 10).all()
    assert np.mean(second == near[first, 0]) == pytest.approx(0.5, abs=0.1)


def test_no_two_trainings_draw_the_same(images, batches):
    near, options = neighbours_of(images), (AUGMENTATION, 0.0, 3, 8)
    for seed in (0, 1):
        train_on_clusters(network(), images, np.zeros(24, int), AUGMENTATION, 3, 8, seed)
        for number in range(2):
            train_on_itself(network(), network(), images, near, *options, seed, number)
    train_on_itself(network(), network(), images, near, *options, 1, 1)
    seeds = [seed for seed, _ in batches]
    first = [
        np.concatenate([b[0] if isinstance(b, tuple) else b[:, 0] for b in given]).tobytes() for _, given in batches
    ]
    assert len(set(seeds)) == len(set(first)) == 6 and seeds[-1] == seeds[-2] and first[-1] == first[-2]


def test_a_round_trains_the_classifier_and_never_the_teacher(images):
    classifier = network()
    settle(classifier, images, 8, 0)
    teacher = teacher_of(classifier)
    before = [weight.numpy() for weight in teacher.weights]
    x = to_float(tf.constant(images))
    np.testing.assert_allclose(teacher(x), classifier(x), atol=1e-6)
    train_on_itself(classifier, teacher, images, neighbours_of(images), AUGMENTATION, 0.0, 20, 8, 0, number=0)
    assert len(before) == 6
    for weight, old, own in zip(teacher.weights, before, classifier.weights, strict=True):
        np.testing.assert_array_equal(weight, old)
        assert (own.numpy() != old).any()


def test_settling_gives_batch_norm_the_statistics_of_the_images_and_changes_nothing_else(images, monkeypatch):
    monkeypatch.setattr(classifier_training, "SETTLING", 1500)
    classifier = network()
    batch_norm = classifier.layers[0]
    batch_norm.moving_mean.assign([5.0])
    before = {weight.path: weight.numpy() for weight in classifier.weights}
    settle(classifier, images, 24, 0)
    seen = to_float(tf.constant(images)).numpy()
    np.testing.assert_allclose(batch_norm.moving_mean, [seen.mean()], atol=1e-4)
    np.testing.assert_allclose(batch_norm.moving_variance, [seen.var()], atol=1e-4)
    changed = {weight.path for weight in classifier.weights if (weight.numpy() != before[weight.path]).any()}
    assert changed == {batch_norm.moving_mean.path, batch_norm.moving_variance.path}
