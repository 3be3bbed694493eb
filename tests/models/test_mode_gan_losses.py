"""ModeGAN's losses: eq. 3 with an output for each mode, diversity, and what they train."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.distance import pdist, squareform

from tests.models.test_gradient_table import D, G, check_table, forward_of
from tfgmmgan import GaussianMixture, SubclassMixture

K = 4


def sharp(model):
    """Give C a head that tells images apart, as an untrained one hardly does."""
    kernel = model.classifier.head.kernel
    kernel.assign(20 * np.random.default_rng(5).normal(size=kernel.shape))
    return model


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_adversarial_losses_are_eq_3_with_an_output_for_each_mode_and_fakes_that_count_alike(tiny_modegan, images):
    model = sharp(tiny_modegan())
    forward = forward_of(model, images)
    alpha = softmax(model.classifier(images / np.float32(127.5) - 1).numpy().astype(np.float64))
    np.testing.assert_allclose(forward.responsibilities, alpha, rtol=1e-4, atol=1e-5)
    assert np.ptp(alpha.mean(axis=0)) > 0.1  # so that fakes by these weights would have another loss
    d = 1 / (1 + np.exp(-forward.real_scores.numpy().astype(np.float64)))
    d_hat = 1 / (1 + np.exp(-forward.fake_outputs.numpy().astype(np.float64)))
    assert d.shape == (24, K) and d_hat.shape == (6, K, K)
    real = -sum(alpha[i, k] * np.log(d[i, k]) for i in range(24) for k in range(K)) / (24 * K)
    fake = -np.mean([np.log(1 - d_hat[s, k, k]) for s in range(6) for k in range(K)]) / K
    assert float(model.discriminator_loss(forward)) == pytest.approx(real + fake, rel=1e-4)
    made = -np.mean([np.log(d_hat[s, k, k]) for s in range(6) for k in range(K)]) / K
    assert float(model.generator_loss(forward)) == pytest.approx(made, rel=1e-4)


def test_the_diversity_loss_compares_fakes_of_a_mode_with_its_images(tiny_modegan, images):
    model = sharp(tiny_modegan())
    forward = forward_of(model, images)
    floats, alpha = images / np.float32(127.5) - 1, model.responsibilities(images)
    fake, missing = tf.reshape(forward.fake, [6, K, 64]).numpy(), []
    distances = squareform(pdist(floats.reshape(24, 64))) / 8
    for k in range(K):
        both = np.outer(alpha[:, k], alpha[:, k])
        np.fill_diagonal(both, 0)
        wanted = (both * distances).sum() / both.sum() if both.sum() >= 1 else 0
        missing.append(max(0, wanted - pdist(fake[:, k]).mean() / 8))
    assert max(missing) > 0.1
    assert float(model.diversity_loss(forward)) == pytest.approx(np.mean(missing), abs=1e-3)


def test_diversity_compares_two_fakes_of_each_component_at_least(tiny_modegan):
    counts = {}
    for weight in (0.0, 0.5):
        model = tiny_modegan(diversity=weight)
        counts[weight] = [model.fakes_per_component(size) for size in (3, 64)]
        assert int(model.fakes_per_component(tf.constant(3))) == counts[weight][0]
    assert counts[0.0][0] == 1 and counts[0.5] == [2, counts[0.0][1]]


@pytest.mark.parametrize("units", [0, 6])
@pytest.mark.parametrize("trainable", [False, True])
def test_each_loss_trains_the_groups_it_names(tiny_modegan, images, units, trainable):
    prior = GaussianMixture(K, 5, trainable=trainable)
    model = tiny_modegan(prior=prior, discriminator_units=units, gradient_penalty=0.3)
    table = {"discriminator_loss": D, "generator_loss": G, "diversity_loss": G, "gradient_penalty_loss": D}
    check_table(model, table, images)
    assert bool(model.group_variables("prior")) == trainable


def test_no_loss_has_a_gradient_to_the_classifier_and_no_group_holds_it(tiny_modegan, images):
    model = tiny_modegan(prior=SubclassMixture(K, 5, subclasses=2))
    frozen = [*model.classifier.trainable_variables, *model.classifier_subclasses.trainable_variables]
    assert frozen and "classifier" not in model.groups
    assert not {v.path for v in frozen} & {v.path for g in model.groups for v in model.group_variables(g)}
    forward = forward_of(model, images)
    with tf.GradientTape() as tape:
        total = tf.add_n([term.function(forward) for term in model.loss_terms_in_use().values()])
    assert tape.gradient(total, [variable.value for variable in frozen]) == [None] * len(frozen)


def test_the_mixture_s_weights_follow_what_it_says(tiny_modegan, images):
    model = sharp(tiny_modegan())
    forward = forward_of(model, images)
    model.after_update(forward)
    expected = 0.99 / K + 0.01 * model.responsibilities(images).mean(axis=0)
    np.testing.assert_allclose(model.prior.mixture_probs(), expected, rtol=1e-5)
