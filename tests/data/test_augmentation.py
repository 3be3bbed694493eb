from dataclasses import dataclass
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan import GMMGAN, GaussianMixture
from tfgmmgan.data.augmentation import Augmentation, sampled
from tfgmmgan.losses.responsibility import joint_of_pairs
from tfgmmgan.models.recipe import EQUATIONS_3_AND_4
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.random import make_seed

NOTHING = {"shift": 0.0, "rotation": 0.0, "shear": 0.0, "scale": 0.0}


def pictures(n=64, shape=(9, 12, 2)):
    return np.random.default_rng(0).uniform(-1, 1, (n, *shape)).astype(np.float32)


def test_nothing_changes_nothing():
    images = pictures()
    np.testing.assert_allclose(Augmentation(**NOTHING)(images, make_seed(0)), images, atol=1e-5)


def test_half_are_mirrored():
    images = pictures()
    changed = Augmentation(**NOTHING, flip=True)(images, make_seed(0)).numpy()
    mirrored = np.array(
        [np.allclose(after, image[:, ::-1], atol=1e-5) for after, image in zip(changed, images, strict=True)]
    )
    same = np.array([np.allclose(after, image, atol=1e-5) for after, image in zip(changed, images, strict=True)])
    assert (mirrored ^ same).all() and 16 <= mirrored.sum() <= 48


def centre(images):
    """Return the (y, x) centre of mass of a blob on black."""
    mass = (images[..., 0] + 1).astype(np.float64)
    total = mass.sum(axis=(1, 2))
    y = (mass * np.arange(images.shape[1])[:, None]).sum(axis=(1, 2)) / total
    return np.stack([y, (mass * np.arange(images.shape[2])).sum(axis=(1, 2)) / total], axis=1)


def blobs(n, y, x, side=33):
    rows, columns = np.mgrid[:side, :side]
    blob = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 8)
    return np.repeat((2 * blob - 1)[None, ..., None], n, axis=0).astype(np.float32)


def test_shifts_stay_within_their_bound_and_fill_it():
    moved = centre(Augmentation(**{**NOTHING, "shift": 0.2})(blobs(200, 16, 16), make_seed(0)).numpy()) - 16
    bound = 0.2 * 33
    assert (np.abs(moved) <= bound + 0.2).all() and (np.abs(moved).max(axis=0) > 0.9 * bound).all()
    assert abs(np.corrcoef(moved.T)[0, 1]) < 0.3


def test_rotations_are_about_the_middle_and_within_their_bound():
    moved = centre(Augmentation(**{**NOTHING, "rotation": 0.5})(blobs(200, 16, 26), make_seed(0)).numpy()) - 16
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 10, atol=0.3)
    angles = np.arctan2(moved[:, 0], moved[:, 1])
    assert np.abs(angles).max() <= 0.55 and angles.min() < -0.4 and angles.max() > 0.4


def test_scales_stay_within_their_bound_both_ways():
    moved = centre(Augmentation(**{**NOTHING, "scale": 0.25})(blobs(200, 16, 24), make_seed(0)).numpy()) - 16
    ratios = moved[:, 1] / 8
    assert 0.78 <= ratios.min() < 0.85 and 1.18 < ratios.max() <= 1.27


def test_what_is_erased_is_a_rectangle_of_bounded_sides():
    images = np.ones((200, 16, 10, 1), np.float32)
    black = Augmentation(**NOTHING, erasing=0.5)(images, make_seed(0)).numpy()[..., 0] == -1
    rows, columns = black.any(axis=2), black.any(axis=1)
    np.testing.assert_array_equal(black, rows[:, :, None] & columns[:, None])
    assert rows.sum(1).max() == 8 and columns.sum(1).max() == 5
    assert 0.01 < black.mean() < 0.06  # of sides that are uniform up to a half, less at the borders


def test_brightness_scales_the_distance_from_black():
    images = np.zeros((100, 4, 4, 1), np.float32)
    changed = Augmentation(**NOTHING, brightness=0.3)(images, make_seed(0)).numpy()
    assert (changed == changed[:, :1, :1]).all() and -0.3 <= changed.min() < -0.2 and 0.2 < changed.max() <= 0.3
    assert Augmentation(**NOTHING, brightness=1.0)(images + 1, make_seed(0)).numpy().max() <= 1


def test_seeds_ranges_and_gradients():
    images, augment = tf.constant(pictures()), Augmentation(flip=True, brightness=0.2)
    first = augment(images, make_seed(1))
    np.testing.assert_array_equal(first, augment(images, make_seed(1)))
    assert np.abs(first - augment(images, make_seed(2))).max() > 0.1
    assert first.shape == images.shape and np.abs(first).max() <= 1
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = tf.reduce_sum(augment(images, make_seed(1)) ** 2)
    gradient = tape.gradient(loss, images)
    assert (np.abs(gradient).max(axis=(1, 2, 3)) > 0).all()


def test_a_classifier_that_sees_changed_images(images):
    class Augmented(GMMGAN):
        def classifier_view(self, examples, seed, generated):
            return Augmentation()(examples, seed)

    model = Augmented((8, 8, 1), prior=GaussianMixture(3, 4), width=0.1)
    model.compile()
    losses = model.fit(images, batch_size=8, verbose=0).history
    assert all(np.isfinite(value).all() for value in losses.values())


@keras.saving.register_keras_serializable("tests")
@dataclass
class Inverting(Augmentation):
    """With a field of its own."""

    inverted: bool = True

    def __call__(self, images, seed):
        return -images if self.inverted else images


def test_an_augmentation_of_a_users_own_is_saved_with_its_model(tmp_path):
    model = GMMGAN((8, 8, 1), prior=GaussianMixture(4, 5), width=0.1, augmentation=Inverting(inverted=False))
    model.save(tmp_path / "a.keras")
    assert keras.models.load_model(tmp_path / "a.keras").augmentation == Inverting(inverted=False)


@pytest.mark.parametrize("name", ["shift", "rotation", "shear", "scale", "brightness"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_bad_values(name, value):
    with pytest.raises(UserError, match=rf"augmentation\.{name} must be"):
        Augmentation(**{name: value})


def test_what_gmmgan_makes_of_it(images):
    """A classifier that gives an image and its changed self the same sure answer has the most information, log K."""
    model = GMMGAN((8, 8, 1), prior=GaussianMixture(4, 5), width=0.1, augmentation_consistency=1.0, pretraining_steps=0)
    model.compile()
    answers = tf.one_hot(np.arange(24) % 4, 4)
    told = SimpleNamespace(responsibilities=answers, changed_class_logits=100 * answers)
    assert float(model.augmentation_consistency_loss(told)) == pytest.approx(-np.log(4), rel=1e-5)
    told.changed_class_logits = tf.zeros([24, 4])
    assert float(model.augmentation_consistency_loss(told)) == pytest.approx(0, abs=1e-6)
    losses = model.fit(images, batch_size=8, epochs=2, verbose=0).history["augmentation_consistency_loss"]
    assert np.isfinite(losses).all() and all(-np.log(4) <= loss <= 0 for loss in losses)
    again = GMMGAN.from_config(model.get_config())
    assert again.augmentation == model.augmentation and again.augmentation_consistency == 1.0


def test_images_are_read_between_their_pixels_as_tensorflow_s_own_kernel_does():
    rng = np.random.default_rng(0)
    images = tf.constant(rng.uniform(-1, 1, (5, 6, 9, 2)), tf.float32)
    maps = tf.constant(rng.normal(size=(5, 8)) * [1, 0.5, 3, 0.5, 1, 3, 0, 0], tf.float32)
    expected = tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=maps,
        output_shape=(6, 9),
        fill_value=-1.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )
    column, row = np.arange(9.0)[None, None], np.arange(6.0)[None, :, None]
    a0, a1, a2, b0, b1, b2, *_ = (number[:, None, None].astype("f8") for number in maps.numpy().T)
    x, y = a0 * column + a1 * row + a2, b0 * column + b1 * row + b2
    found = sampled(images, tf.constant(x, tf.float32), tf.constant(y, tf.float32))
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_the_joint_of_pairs_is_symmetric_and_a_distribution():
    rng = np.random.default_rng(0)
    first, second = rng.dirichlet(np.ones(3), 5), rng.dirichlet(np.ones(3), 5)
    expected = sum(np.outer(a, b) + np.outer(b, a) for a, b in zip(first, second, strict=True)) / 10
    joint = joint_of_pairs(tf.constant(first), tf.constant(second))
    np.testing.assert_allclose(joint, expected, rtol=1e-6)
    np.testing.assert_allclose(tf.reduce_sum(joint), 1, rtol=1e-6)


def test_points_are_not_augmented():
    with pytest.raises(UserError, match=r"augmentation_consistency changes images; .* the shape \(2,\)"):
        GMMGAN((2,), augmentation_consistency=1.0)
    with pytest.raises(UserError, match="per_mod"):
        GMMGAN((8, 8, 1), discriminator_outputs="per_mod")


def test_a_discriminator_for_each_mode(images):
    """Output k is told that a real image is real by alpha_k of it, and the fakes of component k are fakes, alone."""
    options = EQUATIONS_3_AND_4 | {"discriminator_outputs": "per_mode"}
    model = GMMGAN((8, 8, 1), prior=GaussianMixture(3, 4), width=0.1, **options)
    model.compile()
    assert model.discriminator.num_outputs == 3
    rng = np.random.default_rng(0)
    alpha, real, fake = rng.dirichlet(np.ones(3), 5), rng.normal(size=(5, 3)), rng.normal(size=(2, 3, 3))
    diagonal = np.stack([fake[:, k, k] for k in range(3)], axis=1)
    softplus = lambda x: np.log1p(np.exp(x))  # noqa: E731
    expected = (alpha * softplus(-real)).sum(1).mean() / 3 + (alpha.mean(0) * softplus(diagonal).mean(0)).mean()
    given = SimpleNamespace(
        responsibilities=tf.constant(alpha), real_scores=tf.constant(real), fake_scores=tf.constant(diagonal)
    )
    assert float(model.discriminator_loss(given)) == pytest.approx(expected, rel=1e-6)
    components = tf.broadcast_to(tf.range(3), (2, 3))
    np.testing.assert_allclose(model.scores_as(tf.constant(fake), components), diagonal)
    assert np.isfinite(model.fit(images, batch_size=8, verbose=0).history["discriminator_loss"]).all()
