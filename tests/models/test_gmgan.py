"""Algorithm 1 of GM-GAN."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan import GAN, GMGAN, GaussianMixture
from tfgmmgan.models import ForwardPass
from tfgmmgan.training.build import build_model
from tfgmmgan.training.config_file import read_config


def forward_of(model, images, fakes):
    return ForwardPass(model, tf.constant(images, tf.float32) / 127.5 - 1, None, tf.constant([0, 1]), fakes)


def test_defaults_are_the_paper_s():
    model = GMGAN((8, 8, 1), width=0.1)
    prior = model.prior
    assert (prior.num_components, prior.latent_dim, prior.mean_range, prior.variance) == (10, 100, 0.1, 0.15)
    assert (prior.mixture_weights, prior.trainable, model.adversarial_loss) == ("uniform", False, "non_saturating")
    assert (model.update_order, model.generator_batch_size, model.sampling) == ("alternating", 128, "categorical")


def test_losses_are_those_of_algorithm_1(images):
    model = GMGAN((8, 8, 1), num_components=3, latent_dim=4, width=0.1)
    forward = forward_of(model, images, 16)
    d = 1 / (1 + np.exp(-forward.real_scores.numpy().astype(np.float64)))
    d_hat = 1 / (1 + np.exp(-forward.fake_scores.numpy().astype(np.float64)))
    assert d.shape == (24, 1) and d_hat.shape == (16, 1)
    expected = (-np.log(d).sum() / 24 - np.log(1 - d_hat).sum() / 16) / 2
    assert model.discriminator_loss(forward).numpy() == pytest.approx(expected, rel=1e-5)
    assert model.generator_loss(forward).numpy() == pytest.approx(-np.log(d_hat).mean(), rel=1e-5)


def test_components_are_drawn_for_each_fake_or_evenly():
    prior = GaussianMixture(3, 2, mean_range=50.0, variance=1e-6)
    means = prior.loc.numpy()

    def component_counts(sampling):
        model = GMGAN((2,), prior=prior, width=0.1, sampling=sampling)
        fakes = model.fakes_per_component(600)
        z, components = (drawn.numpy() for drawn in model.draw_latents(fakes, tf.constant([3, 4])))
        nearest = np.argmin(((z.reshape(-1, 1, 2) - means) ** 2).sum(-1), axis=1)
        np.testing.assert_array_equal(components.ravel(), nearest)
        return np.bincount(nearest, minlength=3)

    categorical, stratified = component_counts("categorical"), component_counts("stratified")
    assert stratified.tolist() == [200, 200, 200]
    assert categorical.sum() == 600 and categorical.tolist() != [200, 200, 200]
    assert np.abs(categorical - 200).max() < 5 * np.sqrt(600 * 2 / 9)


@pytest.mark.parametrize("trainable", [False, True])
@pytest.mark.parametrize("sampling", ["categorical", "stratified"])
def test_static_and_dynamic_train_save_and_load(images, trainable, sampling, tmp_path):
    prior = GaussianMixture(3, 4, trainable=trainable)
    model = GMGAN((8, 8, 1), prior=prior, width=0.1, sampling=sampling, generator_batch_size=12)
    model.compile()
    before = prior.loc.numpy()
    model.fit(images, batch_size=8, verbose=0)
    assert (prior.loc.numpy() != before).any() == trainable
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert (loaded.sampling, loaded.generator_batch_size, loaded.prior.trainable) == (sampling, 12, trainable)
    np.testing.assert_allclose(loaded.generate(3, seed=1), model.generate(3, seed=1), atol=1e-6)
    loaded.fit(images, batch_size=8, verbose=0)


def test_any_adversarial_loss_goes_with_the_mixture(images):
    for loss in ("minimax", "hinge"):
        model = GMGAN((8, 8, 1), 3, 4, width=0.1, adversarial_loss=loss, update_order="simultaneous")
        model.compile()
        assert np.isfinite(model.fit(images, batch_size=8, verbose=0).history["generator_loss"]).all()
        assert model.generator_batch_size is None


def test_the_command_line_has_the_same_defaults():
    config = read_config(model="gmgan")
    config.model = "gmgan"
    model = build_model(config, (8, 8, 1))
    ours, plain = model.get_config(), GMGAN((8, 8, 1)).get_config()
    for name in ("sampling", "update_order", "generator_batch_size", "adversarial_loss", "architecture", "width"):
        assert ours[name] == plain[name], name
    for name in ("mixture_weights", "covariance", "variance", "mean_range", "trainable"):
        assert ours["prior"]["config"][name] == plain["prior"]["config"][name], name


def test_bad_sampling():
    with pytest.raises(ValueError, match=r"Did you mean 'stratified'\?"):
        GMGAN((8, 8, 1), sampling="stratify")


def test_weights_that_nothing_would_move_are_refused():
    with pytest.raises(ValueError, match="no classifier whose word"):
        GMGAN((8, 8, 1), prior=GaussianMixture(3, 4, mixture_weights="responsibilities"))


def test_the_gan_s_loss_is_twice_that_of_algorithm_1(images):
    model = GMGAN((8, 8, 1), num_components=3, latent_dim=4, width=0.1)
    forward = forward_of(model, images, 16)
    assert GAN.discriminator_loss(model, forward).numpy() == pytest.approx(
        2 * model.discriminator_loss(forward).numpy()
    )
