"""Which loss trains which weights: the table of the design, cell by cell."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan import ACGAN, GAEL, GMGAN, Discriminator, GaussianMixture, SupervisedGMGAN
from tfgmmgan.data.scaling import to_float
from tfgmmgan.models import ForwardPass
from tfgmmgan.networks import DCGANEncoder


def forward_of(model, images, labels=None):
    """A fresh pass of the first step, the same at every call."""
    fakes = model.fakes_per_component(len(images))
    return model.forward_pass(model, to_float(tf.constant(images)), labels, tf.constant([3, 4]), fakes)


def check_table(model, expected, images, labels=None):
    """Check that every group's gradient is that of just the losses that train it, by tapes that know no table."""
    terms = model.loss_terms_in_use()
    assert set(terms) == set(expected)
    _, found = model.losses_and_gradients(forward_of(model, images, labels))
    variables = {group: [v.value for v in model.group_variables(group)] for group in model.groups}
    alone = {}
    for loss, term in terms.items():  # each loss's own gradient to everything
        forward = forward_of(model, images, labels)
        with tf.GradientTape() as tape:
            value = term.function(forward)
        flat = [v for group in model.groups for v in variables[group]]
        gradients = iter(tape.gradient(value, flat, unconnected_gradients="zero"))
        alone[loss] = {group: [next(gradients) for _ in variables[group]] for group in model.groups}

    for group in model.groups:
        trained_by = [loss for loss in terms if group in expected[loss]]
        totals = [
            sum(terms[loss].weight * alone[loss][group][position] for loss in trained_by)
            for position in range(len(variables[group]))
        ]
        noise = 2e-5 * max([float(tf.reduce_max(tf.abs(total))) for total in totals], default=0.0)
        for (gradient, variable), total in zip(found.get(group, []), totals, strict=True):
            np.testing.assert_allclose(gradient, total, rtol=2e-4, atol=noise, err_msg=f"{group} {variable.path}")
        for loss in trained_by if variables[group] else ():  # a cell that says yes has a gradient
            assert max(float(tf.reduce_max(tf.abs(g))) for g in alone[loss][group]) > 0, (loss, group)


D, G = {"discriminator", "encoder"}, {"generator", "prior"}


def responsibility_table(shared, adversarial, updates):
    """Return {loss: the groups it trains}; "encoder" is the trunk."""
    trunk = {"encoder"} if shared else set()
    return {
        "discriminator_loss": D,
        "generator_loss": G | ({"classifier"} if adversarial else set()),
        "mutual_information_loss": {"classifier"} | trunk | (G if updates == "all" else set()),
        "marginal_entropy_loss": {"classifier"} | trunk,
        "posterior_consistency_loss": {"classifier", *G} | trunk,
        "responsibility_consistency_loss": {"classifier", *G} | trunk,
    }


OPTIONS = list(itertools.product(("shared", "separate"), (False, True), ("classifier", "all")))


@pytest.mark.parametrize(("encoder", "adversarial", "updates"), OPTIONS)
def test_responsibility_learning(tiny_gmmgan, images, encoder, adversarial, updates):
    discriminator = Discriminator(DCGANEncoder((8, 8, 1), 0.125), num_outputs=3, hidden_units=4)
    model = tiny_gmmgan(
        encoder=encoder,
        classifier_adversarial=adversarial,
        mutual_information_updates=updates,
        mutual_information=0.7,
        responsibility_consistency=0.5,
        posterior_comparison="mutual_information" if updates == "all" else "cross_entropy",
        discriminator=discriminator if adversarial else None,
    )
    check_table(model, responsibility_table(encoder == "shared", adversarial, updates), images)


def test_penalty_goes_to_the_discriminator_alone(tiny_gmmgan, images):
    model = tiny_gmmgan(adversarial_loss="wasserstein", gradient_penalty=10.0, posterior_consistency=0.0)
    expected = responsibility_table(True, False, "classifier") | {"gradient_penalty_loss": D}
    for absent in ("posterior_consistency", "responsibility_consistency"):
        del expected[f"{absent}_loss"]
    check_table(model, expected, images)


@pytest.mark.parametrize("trainable", [False, True])
def test_gm_gan(images, trainable):
    prior = GaussianMixture(3, 5, trainable=trainable)
    model = GMGAN((8, 8, 1), prior=prior, width=0.125, sampling="stratified")
    model.compile()
    check_table(model, {"discriminator_loss": D, "generator_loss": G}, images)
    supervised = SupervisedGMGAN((8, 8, 1), 3, prior=prior, width=0.125, sampling="stratified")
    supervised.compile()
    labels = tf.constant(np.arange(24) % 3)
    check_table(supervised, {"discriminator_loss": D, "generator_loss": G}, images, labels)


def test_ac_gan(images):
    model = ACGAN((8, 8, 1), 3, noise_dim=5, width=0.125, class_log_likelihood=0.7)
    model.compile()
    expected = {
        "discriminator_loss": D,
        "generator_loss": G,
        "real_class_loss": {"encoder", "classifier"},
        "fake_class_loss": {"encoder", "classifier", *G},
    }
    check_table(model, expected, images, tf.constant(np.arange(24) % 3))


@pytest.mark.parametrize("variance", ["diagonal", "identity"])
def test_gael_s_encoder_leaves_the_generator_alone(images, variance):
    model = GAEL((8, 8, 1), 3, 5, width=0.125, encoding_variance=variance)
    model.compile()
    expected = {"discriminator_loss": D, "generator_loss": G, "encoding_loss": {"encoder", "latent_head"}}
    check_table(model, expected, images)


def test_d_s_side_of_eq_3_holds_alpha_constant(tiny_gmmgan, images):
    model = tiny_gmmgan(encoder="shared")
    forward = ForwardPass(model, to_float(tf.constant(images)), None, tf.constant([3, 4]), 4)
    with tf.GradientTape() as tape:
        loss = model.discriminator_loss(forward)
    gradients = tape.gradient(loss, [v.value for v in model.classifier.trainable_variables])
    assert gradients == [None, None]


def test_posterior_target_is_the_poster_s_and_has_no_gradient(tiny_gmmgan, images):
    model = tiny_gmmgan()
    model.prior.probs.assign([0.1, 0.1, 0.8])  # the poster's formula has no weights
    forward = ForwardPass(model, to_float(tf.constant(images)), None, tf.constant([3, 4]), 4)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(forward.posterior[..., 0])
    densities = np.exp(model.prior.log_prob_components(tf.reshape(forward.z, [-1, 5])).numpy().astype(np.float64))
    expected = (densities / densities.sum(1, keepdims=True)).reshape(4, 3, 3)
    np.testing.assert_allclose(forward.posterior, expected, rtol=1e-4, atol=1e-6)
    assert tape.gradient(total, [v.value for v in model.prior.trainable_variables]) == [None, None]
