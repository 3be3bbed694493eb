"""The one training step: orders, seeds, schedules, precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan import GAN, GMMGAN, Discriminator, GaussianMixture
from tfgmmgan.models import ForwardPass, LossTerm
from tfgmmgan.networks import DCGANEncoder
from tfgmmgan.priors.covariance import COVARIANCES
from tfgmmgan.utils.errors import UserError


def weights(model):
    return np.concatenate([np.ravel(w) for w in model.get_weights()])


def fit(model, images, **kwargs):
    return model.fit(images, batch_size=8, epochs=2, shuffle=False, verbose=0, **kwargs).history


@pytest.mark.parametrize("order", ["simultaneous", "alternating"])
@pytest.mark.parametrize("estimator", ["stratified", "paired"])
def test_every_group_is_trained(tiny_gmmgan, images, order, estimator):
    model = tiny_gmmgan(update_order=order, estimator=estimator)
    before = {group: [v.numpy().copy() for v in model.group_variables(group)] for group in model.groups}
    history = fit(model, images)
    assert all(np.isfinite(value).all() for value in history.values())
    assert set(history) == {
        *("discriminator_loss", "generator_loss", "mutual_information_loss"),
        *("marginal_entropy_loss", "posterior_consistency_loss"),
    }
    for group, old in before.items():
        assert any((v.numpy() != o).any() for v, o in zip(model.group_variables(group), old, strict=True)), group
    steps = 6
    assert model.optimizer.iterations == model.discriminator_optimizer.iterations == steps


def test_a_step_is_a_function_of_weights_batch_and_step_number(tiny_gmmgan, images):
    runs = []
    for seed in (0, 0, 1):
        keras.utils.set_random_seed(5)  # the same initial weights
        model = tiny_gmmgan(seed=seed)
        fit(model, images)
        runs.append(weights(model))
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()


def test_noise_changes_from_step_to_step(tiny_gmmgan, images):
    seen = []

    class Watching(GAN):
        def generator_loss(self, forward):
            tf.numpy_function(lambda z: seen.append(z.copy()), [forward.z], [])
            return super().generator_loss(forward)

    model = Watching((8, 8, 1), latent_dim=3, width=0.1)
    model.compile()
    fit(model, images)
    assert len(seen) == 6
    assert len({z.tobytes() for z in seen}) == 6


def test_alternating_draws_fresh_fakes_of_the_asked_number(images):
    seen = []

    class Watching(GAN):
        def generator_loss(self, forward):
            tf.numpy_function(lambda z: seen.append(("G", z.copy())), [forward.z], [])
            return super().generator_loss(forward)

        def discriminator_loss(self, forward):
            tf.numpy_function(lambda z: seen.append(("D", z.copy())), [forward.z], [])
            return super().discriminator_loss(forward)

    model = Watching((8, 8, 1), latent_dim=3, width=0.1, update_order="alternating", generator_batch_size=16)
    model.compile()
    model.train_step(tf.constant(images[:8]))
    assert [side for side, _ in seen] == ["D", "G"]
    assert seen[0][1].shape == (8, 1, 3) and seen[1][1].shape == (16, 1, 3)
    assert not np.array_equal(seen[0][1], seen[1][1][:8])

    seen.clear()
    model = Watching((8, 8, 1), latent_dim=3, width=0.1)
    model.compile()
    model.train_step(tf.constant(images[:8]))
    np.testing.assert_array_equal(seen[0][1], seen[1][1])


def test_uint8_and_floats_in_range_are_the_same_batch(images):
    runs = []
    for batch in (images, images.astype(np.float32) / 127.5 - 1):
        keras.utils.set_random_seed(5)
        model = GAN((8, 8, 1), latent_dim=3, width=0.1)
        model.compile()
        model.train_step(tf.constant(batch))
        runs.append(weights(model))
    np.testing.assert_allclose(*runs, atol=1e-6)


def test_a_last_batch_may_be_smaller(tiny_gmmgan, images):
    assert np.isfinite(tiny_gmmgan().fit(images[:11], batch_size=8, verbose=0).history["generator_loss"]).all()


@pytest.mark.parametrize("jit", [False, True])
def test_bfloat16_and_xla(tiny_gmmgan, images, jit):
    model = tiny_gmmgan(dtype="mixed_bfloat16")
    model.compile(jit_compile=jit)
    history = fit(model, images)
    assert all(np.isfinite(value).all() for value in history.values())
    assert {v.dtype for v in model.trainable_variables} == {"float32"}
    assert model.generate(2, seed=0).dtype == np.float32


@pytest.mark.parametrize("covariance", COVARIANCES)  # a triangular solve, a QR
def test_the_prior_s_linear_algebra_trains_under_xla(images, covariance):
    model = GMMGAN((8, 8, 1), prior=GaussianMixture(3, 4, covariance=covariance), width=0.05)
    model.compile(jit_compile=True)
    assert np.isfinite(fit(model, images)["posterior_consistency_loss"]).all()


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        (np.zeros((4, 8, 8, 3), np.uint8), r"expected examples of shape \(8, 8, 1\); got \(8, 8, 3\)"),
        (np.full((4, 8, 8, 1), 200.0), r"must lie in \[-1, 1\]"),
        (np.full((4, 8, 8, 1), np.nan), "NaN"),
        (np.zeros((4, 8, 8, 1), np.int32), "expected uint8, or floats"),
    ],
)
def test_arrays_are_checked_before_training(examples, message):
    model = GAN((8, 8, 1), width=0.05)
    model.compile()
    with pytest.raises(ValueError, match=message):
        model.fit(examples, verbose=0)


def test_weight_schedule(tiny_gmmgan, images):
    """A weight that is 0 for two steps leaves the classifier to the other losses, then joins in."""
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([2], [0.0, 1.0])
    model = tiny_gmmgan(posterior_consistency=schedule, mutual_information=0, marginal_entropy=0, encoder="separate")
    start = model.classifier.get_weights()
    for step in range(4):
        model.train_step(tf.constant(images[:8]))
        changed = any((a != b).any() for a, b in zip(start, model.classifier.get_weights(), strict=True))
        assert changed == (step >= 3)  # a step of Adam with gradient 0 from zero moments moves nothing


def test_a_weight_of_0_is_not_computed(tiny_gmmgan, images):
    model = tiny_gmmgan(posterior_consistency=0)
    assert "posterior_consistency_loss" not in fit(model, images)


def test_one_discriminator_output_for_each_component(images):
    """The head's width is the caller's; with K outputs a fake is judged by its own component's."""
    prior = GaussianMixture(3, 5)
    discriminator = Discriminator(DCGANEncoder((8, 8, 1), width=0.1), num_outputs=3)
    model = GMMGAN((8, 8, 1), prior=prior, discriminator=discriminator, width=0.1)
    model.compile()
    assert np.isfinite(fit(model, images)["discriminator_loss"]).all()
    forward = ForwardPass(model, tf.constant(images[:8], tf.float32), None, tf.constant([0, 1]), 2)
    every = discriminator.head(forward.fake_features).numpy().reshape(2, 3, 3)
    np.testing.assert_allclose(forward.fake_scores, [[every[s, k, k] for k in range(3)] for s in range(2)])

    with pytest.raises(ValueError, match="must have 1 or 3 outputs; it has 2"):
        GMMGAN((8, 8, 1), prior=prior, discriminator=Discriminator(DCGANEncoder((8, 8, 1), 0.1), 2), width=0.1)


def test_an_added_loss_reaches_just_the_weights_it_names(images):
    class Sharp(GMMGAN):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.sharpness = 0.5  # as anyone would: after super().__init__()

        def loss_terms(self):
            term = LossTerm(self.sharpness_loss, ("classifier",), self.sharpness)
            return {**super().loss_terms(), "sharpness_loss": term}

        def sharpness_loss(self, forward):
            return -tf.reduce_mean(tf.reduce_max(forward.responsibilities, axis=1))

    model = Sharp((8, 8, 1), num_components=3, latent_dim=5, width=0.1)
    model.compile()
    assert "sharpness_loss" in fit(model, images)


def test_mixture_weights_follow_the_responsibilities(tiny_gmmgan, images):
    model = tiny_gmmgan()
    forward = ForwardPass(model, tf.constant(images[:8], tf.float32) / 127.5 - 1, None, tf.constant([0, 1]), 2)
    model.after_update(forward)
    expected = 0.99 / 3 + 0.01 * forward.responsibilities.numpy().mean(0)
    np.testing.assert_allclose(model.prior.mixture_probs(), expected, rtol=1e-5)


def test_points_take_the_same_road():
    points = np.random.default_rng(0).standard_normal((32, 2)).astype(np.float32)
    model = GMMGAN((2,), num_components=3, latent_dim=2, width=0.1)
    model.compile()
    model.fit(points, batch_size=8, verbose=0)
    assert model.generate(5, seed=1).shape == (5, 2)
    assert model.responsibilities(points).shape == (32, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"update_order": "alternate"}, "Did you mean 'alternating'?"),
        ({"generator_batch_size": 4}, "needs update_order='alternating'"),
        ({"adversarial_loss": "minmax"}, "Did you mean 'minimax'?"),
        (
            {"estimator": "paired", "update_order": "alternating", "generator_batch_size": 8},
            "takes no generator_batch_size",
        ),
        ({"architecture": "cnn"}, "Unknown architecture 'cnn'"),
        ({"encoder": "share"}, "Did you mean 'shared'?"),
        ({"estimator": "pair"}, "Did you mean 'paired'?"),
        ({"width": 0}, "width must be a number, above 0; got 0"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError) as raised:
        GMMGAN((8, 8, 1), **arguments)
    assert message in str(raised.value)


def test_a_generator_of_the_wrong_shape_is_refused():
    generator = keras.Sequential([keras.Input((5,)), keras.layers.Dense(7)])
    with pytest.raises(UserError, match=r"shape \(7,\); data_shape is \(2,\)"):
        GAN((2,), latent_dim=5, generator=generator)


def test_compile_takes_no_losses_or_metrics():
    with pytest.raises(ValueError, match="brings its own losses"):
        GAN((8, 8, 1), width=0.1).compile(loss="mse")
