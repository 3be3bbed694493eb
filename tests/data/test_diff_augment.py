import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgmmgan
from tfgmmgan.data.diff_augment import POLICIES, _color, diff_augment
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.utils.random import make_seed

IMAGES = np.random.default_rng(0).uniform(-1, 1, (32, 8, 12, 3)).astype(np.float32)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_has_a_gradient_and_follows_its_seed(policy):
    images = tf.constant(IMAGES)
    with tf.GradientTape() as tape:
        tape.watch(images)
        seen = diff_augment(images, policy, make_seed(0))
        total = tf.reduce_sum(seen**2)
    assert seen.shape == images.shape and np.isfinite(tape.gradient(total, images)).all()
    again, other = (diff_augment(images, policy, make_seed(seed)).numpy() for seed in (0, 1))
    np.testing.assert_array_equal(seen, again)
    assert (policy == "none") == np.array_equal(seen, IMAGES) == np.array_equal(other, again)


def test_moved_images_are_shifted_ones_with_0_outside_less_a_blank_square():
    seen = diff_augment(tf.constant(IMAGES), "translation_cutout", make_seed(0)).numpy()
    moves = set()
    for image, changed in zip(IMAGES, seen, strict=True):
        padded = np.pad(image, ((1, 1), (2, 2), (0, 0)))  # an eighth of 8 and of 12, rounded
        shifts = {(y, x): padded[y : y + 8, x : x + 12] for y in range(3) for x in range(5)}
        fitting = [move for move, moved in shifts.items() if np.all((changed == moved) | (changed == 0))]
        assert len(fitting) == 1
        moves.add(fitting[0])
        blank = np.argwhere((changed == 0).all(axis=2) & (shifts[fitting[0]] != 0).any(axis=2))
        assert len(blank) == 0 or np.all(np.ptp(blank, axis=0) < [4, 6])  # half of each side
        rows, columns = (len(np.unique(blank[:, axis])) for axis in (0, 1))
        assert len(blank) == rows * columns
    assert len(moves) > 8


def test_colours_are_a_linear_map_of_each_image():
    coloured = _color(tf.constant(IMAGES), make_seed(0)).numpy()
    for image, changed in zip(IMAGES, coloured, strict=True):
        grey, changed_grey = image.mean(axis=2), changed.mean(axis=2)
        contrast, brightness = np.polyfit(grey.ravel(), changed_grey.ravel(), 1)
        np.testing.assert_allclose(changed_grey, contrast * grey + brightness, atol=1e-5)
        assert 0.5 <= contrast <= 1.5
        assert abs(changed.mean() - image.mean()) <= 0.5 + 1e-6
        chroma, changed_chroma = image - grey[..., None], changed - changed_grey[..., None]
        factor = (changed_chroma * chroma).sum() / (chroma**2).sum()
        np.testing.assert_allclose(changed_chroma, factor * chroma, atol=1e-5)
        assert 0 <= factor <= 3


def test_what_d_sees_is_changed_and_what_c_sees_is_not(images, tiny_modegan):
    model = tiny_modegan(diff_augment="translation_cutout")
    real = tf.constant(images[:8] / 127.5 - 1, tf.float32)
    forward = model.forward_pass(model, real, None, make_seed(0), 2)
    assert isinstance(forward, ForwardPass)
    assert not np.array_equal(forward.seen_real, real)
    np.testing.assert_allclose(forward.real_features, model.discriminator.encoder(forward.seen_real, training=True))
    np.testing.assert_allclose(forward.fake_features, model.discriminator.encoder(forward.seen_fake, training=True))
    np.testing.assert_allclose(forward.real_class_logits, model.classifier(real, training=False), rtol=1e-5)
    assert not np.array_equal(forward.seen_fake, forward.fake)


def test_a_model_trains_through_it_and_is_saved_with_it(images, tiny_modegan, tmp_path):
    model = tiny_modegan(diff_augment="color_translation_cutout")
    before = model.generator.get_weights()
    model.fit(images, batch_size=8, epochs=1, verbose=0)
    assert any(not np.array_equal(*pair) for pair in zip(before, model.generator.get_weights(), strict=True))
    model.save(tmp_path / "model.keras")
    assert keras.models.load_model(tmp_path / "model.keras").diff_augment == "color_translation_cutout"


def test_points_are_refused():
    with pytest.raises(tfgmmgan.UserError, match="for images"):
        tfgmmgan.GMMGAN((2,), num_components=3, diff_augment="translation_cutout")
