import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan import ImageClusterer, ModeGAN
from tfgmmgan.data.augmentation import Augmentation, sampled
from tfgmmgan.losses.responsibility import joint_of_pairs
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


def test_it_never_changes_and_equals_what_has_the_same_numbers():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Augmentation().shift = 0.5
    assert Augmentation(flip=True) == Augmentation(flip=True) != Augmentation()
    assert len({Augmentation(), Augmentation(), Augmentation(flip=True)}) == 2
    assert Augmentation(**Augmentation(0.2, flip=True).get_config()) == Augmentation(0.2, flip=True)


def test_an_augmentation_is_saved_with_its_clusterer_and_model(tmp_path):
    chosen = Augmentation(shift=0.0, flip=True, brightness=0.3)
    model = ModeGAN(
        (8, 8, 1), num_components=4, latent_dim=5, width=0.1, clusterer=ImageClusterer(4, augmentation=chosen)
    )
    model.save(tmp_path / "a.keras")
    assert keras.models.load_model(tmp_path / "a.keras").clusterer.augmentation == chosen


@pytest.mark.parametrize("name", ["shift", "rotation", "shear", "scale", "brightness"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_bad_values(name, value):
    with pytest.raises(UserError, match=rf"^{name} must be a number, at least 0"):
        Augmentation(**{name: value})


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
