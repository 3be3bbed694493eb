"""GMMGAN: responsibility learning, and the paper to the letter."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models.test_gradient_table import D, G, check_table, forward_of
from tfgmmgan import GMMGAN

SMALL = {"num_components": 3, "latent_dim": 5, "width": 0.125}


@pytest.fixture
def published():
    """Return a maker of compiled models to the letter, or with options over the paper's."""

    def make(**kwargs):
        model = GMMGAN.as_published((8, 8, 1), **SMALL | kwargs)
        model.compile()
        return model

    return make


def test_its_options_are_the_paper_s(published):
    model = published(seed=3)
    assert (model.adversarial_loss, model.estimator, model.encoder) == ("minimax", "paired", "shared")
    assert (model.mutual_information, model.mutual_information_updates) == (1.0, "classifier")
    assert model.classifier_adversarial is True
    assert model.marginal_entropy == model.posterior_consistency == model.responsibility_consistency == 0
    assert (model.update_order, model.gradient_penalty, model.weight_clip, model.seed) == ("simultaneous", 0, 0, 3)
    assert model.discriminator.num_outputs == 1 and model.fakes_per_component(24) == 24
    prior = model.prior
    assert (prior.covariance, prior.trainable, prior.num_components, prior.latent_dim) == ("factor", True, 3, 5)
    assert (prior.mixture_weights, prior.seed) == ("responsibilities", 3)
    for optimizer in (model.optimizer, model.discriminator_optimizer):
        assert type(optimizer).__name__ == "FusedAdam" and float(optimizer.learning_rate) == pytest.approx(2e-4)
    default = GMMGAN((8, 8, 1), **SMALL)
    assert (default.adversarial_loss, default.estimator) == ("non_saturating", "stratified")
    assert default.prior.covariance == "full" and default.classifier_adversarial is False
    assert (default.marginal_entropy, default.posterior_consistency) == (2.0, 0.1)


@pytest.mark.parametrize("encoder", ["shared", "separate"])
def test_what_each_loss_trains(published, images, encoder):
    classifier = {"classifier", "encoder"} if encoder == "shared" else {"classifier"}
    expected = {
        "discriminator_loss": D,
        "generator_loss": {"classifier", *G},  # Algorithm 1, line 12: C through alpha, too
        "mutual_information_loss": classifier,  # line 13
    }
    check_table(published(encoder=encoder), expected, images)


def test_losses_are_eq_3_and_4_as_they_are_written(published, images):
    """sum_k alpha_ik (log D(x_i) + log(1 - D(x_hat_i^k))) / K, and sum_kj alpha_ik alpha_ij log C_j(x_hat_i^k) / K."""
    model = published()
    kernel = model.classifier.head.kernel
    kernel.assign(3 * np.random.default_rng(5).normal(size=kernel.shape))
    forward = forward_of(model, images)
    alpha = tf.nn.softmax(forward.real_class_logits).numpy().astype(np.float64)
    assert np.ptp(alpha) > 0.3
    d = 1 / (1 + np.exp(-forward.real_scores.numpy().astype(np.float64)))
    d_hat = 1 / (1 + np.exp(-forward.fake_scores.numpy().astype(np.float64)))
    log_c = forward.fake_log_classes.numpy().astype(np.float64)
    assert (d.shape, d_hat.shape, log_c.shape) == ((24, 1), (24, 3), (24, 3, 3))
    real, fake, information = 0.0, 0.0, 0.0
    for i in range(24):
        for k in range(3):
            real += alpha[i, k] * np.log(d[i, 0]) / (3 * 24)
            fake += alpha[i, k] * np.log(1 - d_hat[i, k]) / (3 * 24)
            information += sum(alpha[i, k] * alpha[i, j] * log_c[i, k, j] for j in range(3)) / (3 * 24)
    assert float(model.discriminator_loss(forward)) == pytest.approx(-(real + fake), rel=1e-4)
    assert float(model.generator_loss(forward)) == pytest.approx(fake, rel=1e-4)
    assert float(model.mutual_information_loss(forward)) == pytest.approx(-information, rel=1e-4)


def test_any_matrix_is_a_component_s_factor(published):
    model = published()
    model.prior.scale.assign(np.random.default_rng(0).normal(size=(3, 5, 5)))  # not triangular, any determinant
    eps = np.random.default_rng(1).normal(size=(4, 3, 5)).astype(np.float32)
    expected = np.einsum("kij,skj->ski", model.prior.scale.numpy(), eps) + model.prior.loc.numpy()
    np.testing.assert_allclose(model.prior.place(eps), expected, rtol=1e-4, atol=1e-5)


def test_it_trains_and_is_saved(published, images, tmp_path):
    model = published(encoder="separate", adversarial_loss="non_saturating")
    assert model.adversarial_loss == "non_saturating"  # an option of one's own over the paper's
    before = {group: [v.numpy() for v in model.group_variables(group)] for group in model.groups}
    history = model.fit(images, batch_size=8, epochs=2, verbose=0).history
    assert set(history) == {"discriminator_loss", "generator_loss", "mutual_information_loss"}
    assert all(np.isfinite(values).all() for values in history.values())
    for group, old in before.items():
        assert any((v.numpy() != o).any() for v, o in zip(model.group_variables(group), old, strict=True)), group
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded) is GMMGAN and loaded.get_config() == model.get_config()
    np.testing.assert_array_equal(loaded.responsibilities(images), model.responsibilities(images))
