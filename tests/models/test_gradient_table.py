"""Which loss trains which weights: the table of the design, cell by cell."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan.data.scaling import to_float
from tfgmmgan.models import ForwardPass

GROUPS = ("discriminator", "encoder", "classifier", "generator", "prior")


def table(shared, adversarial, updates):
    """Return {loss: the groups it trains}; "encoder" is the trunk."""
    trunk = {"encoder"} if shared else set()
    return {
        "discriminator_loss": {"discriminator", "encoder"},
        "generator_loss": {"generator", "prior"} | ({"classifier"} if adversarial else set()),
        "mutual_information_loss": {"classifier"} | trunk | ({"generator", "prior"} if updates == "all" else set()),
        "marginal_entropy_loss": {"classifier"} | trunk,
        "posterior_consistency_loss": {"classifier", "generator", "prior"} | trunk,
    }


OPTIONS = list(itertools.product(("shared", "separate"), (False, True), ("classifier", "all")))


@pytest.mark.parametrize(("encoder", "adversarial", "updates"), OPTIONS)
def test_every_cell(tiny_gmmgan, images, encoder, adversarial, updates):
    model = tiny_gmmgan(
        encoder=encoder,
        classifier_adversarial=adversarial,
        mutual_information_updates=updates,
        mutual_information=0.7,
    )
    expected = table(encoder == "shared", adversarial, updates)
    terms = model.loss_terms_in_use()
    assert set(terms) == set(expected)

    def forward():
        return ForwardPass(model, to_float(tf.constant(images)), None, tf.constant([3, 4]), 4)

    _, found = model.losses_and_gradients(forward())
    variables = {group: [v.value for v in model.group_variables(group)] for group in GROUPS}
    alone = {}
    for loss, term in terms.items():  # each loss's own gradient to everything, by a tape that knows no table
        with tf.GradientTape() as tape:
            value = term.function(forward())
        flat = [v for group in GROUPS for v in variables[group]]
        gradients = iter(tape.gradient(value, flat, unconnected_gradients="zero"))
        alone[loss] = {group: [next(gradients) for _ in variables[group]] for group in GROUPS}

    for group in GROUPS:
        trained_by = [loss for loss in terms if group in expected[loss]]
        for position, (gradient, variable) in enumerate(found[group]):
            total = sum(terms[loss].weight * alone[loss][group][position] for loss in trained_by)
            np.testing.assert_allclose(gradient, total, rtol=2e-4, atol=1e-6, err_msg=f"{group} {variable.path}")
        for loss in trained_by:  # a cell that says yes has a gradient
            assert max(float(tf.reduce_max(tf.abs(g))) for g in alone[loss][group]) > 0, (loss, group)


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
