"""Eq. 3 and 4 against hand-computed values, plain loops, and each other's estimators."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import mutual_info_score

from tfgmmgan.losses import (
    ESTIMATORS,
    joint_mutual_information,
    marginal_entropy,
    posterior_consistency,
    posterior_information,
)
from tfgmmgan.losses.responsibility import weighted_rows

ALPHA = np.array([[0.75, 0.25], [0.5, 0.5]])


def test_eq_3_by_hand():
    terms = np.array([[1.0, 2.0], [3.0, 5.0]])
    # rows: (.75*1 + .25*2 = 1.25), (.5*3 + .5*5 = 4); mean 2.625; over K = 2
    assert weighted_rows(ALPHA, terms).numpy() == pytest.approx(1.3125)
    assert ESTIMATORS["paired"].weighted_fakes(ALPHA, terms).numpy() == pytest.approx(1.3125)
    # mean alpha (.625, .375), mean terms (2, 3.5): 1.25 + 1.3125 = 2.5625; over K = 2
    assert ESTIMATORS["stratified"].weighted_fakes(ALPHA, terms).numpy() == pytest.approx(1.28125)
    # one head: alpha sums to 1
    assert weighted_rows(ALPHA, np.array([[2.0], [4.0]])).numpy() == pytest.approx(1.5)


def test_eq_4_by_hand():
    log_classes = np.log([[[0.5, 0.5], [0.25, 0.75]]])  # one fake of each component
    # image 1: .75*.75 ln.5 + .75*.25 ln.5 + .25*.75 ln.25 + .25*.25 ln.75; image 2: a quarter of all four
    first = 0.75 * np.log(0.5) + 0.1875 * np.log(0.25) + 0.0625 * np.log(0.75)
    second = 0.25 * (2 * np.log(0.5) + np.log(0.25) + np.log(0.75))
    expected = (first + second) / 2 / 2
    assert ESTIMATORS["stratified"].weighted_log_classes(ALPHA, log_classes).numpy() == pytest.approx(expected)
    twice = np.repeat(log_classes, 2, axis=0)
    assert ESTIMATORS["paired"].weighted_log_classes(ALPHA, twice).numpy() == pytest.approx(expected)


def test_against_plain_loops():
    rng = np.random.default_rng(0)
    b, s, k = 5, 4, 3
    alpha = rng.dirichlet(np.ones(k), b)
    paired, stratified = rng.standard_normal((b, k)), rng.standard_normal((s, k))
    log_paired = np.log(rng.dirichlet(np.ones(k), (b, k)))
    log_stratified = np.log(rng.dirichlet(np.ones(k), (s, k)))

    eq3 = sum(alpha[i, m] * paired[i, m] for i in range(b) for m in range(k)) / (k * b)
    assert ESTIMATORS["paired"].weighted_fakes(alpha, paired).numpy() == pytest.approx(eq3)
    eq3 = sum(alpha[i, m] * stratified[r, m] for i in range(b) for m in range(k) for r in range(s)) / (k * b * s)
    assert ESTIMATORS["stratified"].weighted_fakes(alpha, stratified).numpy() == pytest.approx(eq3)

    indices = [(i, m, j) for i in range(b) for m in range(k) for j in range(k)]
    eq4 = sum(alpha[i, m] * alpha[i, j] * log_paired[i, m, j] for i, m, j in indices) / (k * b)
    assert ESTIMATORS["paired"].weighted_log_classes(alpha, log_paired).numpy() == pytest.approx(eq4)
    eq4 = sum(alpha[i, m] * alpha[i, j] * log_stratified[r, m, j] for i, m, j in indices for r in range(s)) / (
        k * b * s
    )
    assert ESTIMATORS["stratified"].weighted_log_classes(alpha, log_stratified).numpy() == pytest.approx(eq4)

    posterior = rng.dirichlet(np.ones(k), (s, k))
    consistency = -sum(
        posterior[r, m, j] * log_stratified[r, m, j] for r in range(s) for m in range(k) for j in range(k)
    )
    assert posterior_consistency(posterior, log_stratified).numpy() == pytest.approx(consistency / (s * k))


def test_the_posters_information_about_fakes():
    """Of components that C tells apart it is log K whatever C calls them; the cross-entropy wants its own names."""
    right = tf.constant(np.repeat(np.eye(3)[None], 2, axis=0))  # p(j | z_sk) of 2 fakes of each of 3 components
    for order in ([0, 1, 2], [2, 0, 1]):
        told = tf.math.log(tf.gather(right, order, axis=2) * (1 - 3e-9) + 1e-9)
        assert posterior_information(right, told).numpy() == pytest.approx(np.log(3), rel=1e-6)
        assert (posterior_consistency(right, told).numpy() < 1) == (order == [0, 1, 2])
    rng = np.random.default_rng(0)
    posterior, classes = rng.dirichlet(np.ones(3), (4, 3)), rng.dirichlet(np.ones(3), (4, 3))
    joint = np.mean([np.outer(p, c) for p, c in zip(posterior.reshape(-1, 3), classes.reshape(-1, 3), strict=True)], 0)
    assert posterior_information(posterior, np.log(classes)).numpy() == pytest.approx(
        mutual_info_score(None, None, contingency=joint * 1e6), rel=1e-4
    )


def test_marginal_entropy_is_that_of_the_mean():
    uniform_on_average = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert marginal_entropy(tf.constant(uniform_on_average)).numpy() == pytest.approx(np.log(2))
    collapsed = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert marginal_entropy(tf.constant(collapsed)).numpy() == 0


def test_joint_of_an_image_s_and_a_fake_s_classes():
    rng = np.random.default_rng(0)
    b, s, k = 5, 4, 3
    alpha, paired, shared = (rng.dirichlet(np.ones(k), shape) for shape in (b, (b, k), (s, k)))
    expected = np.zeros((2, k, k))
    for i in range(b):
        for m in range(k):
            expected[0] += alpha[i, m] * np.outer(alpha[i], paired[i, m]) / b
            for r in range(s):
                expected[1] += alpha[i, m] * np.outer(alpha[i], shared[r, m]) / (b * s)
    np.testing.assert_allclose(ESTIMATORS["paired"].joint(alpha, paired), expected[0], rtol=1e-12)
    np.testing.assert_allclose(ESTIMATORS["stratified"].joint(alpha, shared), expected[1], rtol=1e-12)
    assert expected.sum(axis=(1, 2)) == pytest.approx([1, 1])
    np.testing.assert_allclose(expected[:, :, :].sum(axis=2), np.broadcast_to(alpha.mean(0), (2, k)))


def test_joint_mutual_information():
    table = np.array([[7, 2, 1], [0, 5, 3], [4, 4, 9]])
    found = joint_mutual_information(tf.constant(table / table.sum())).numpy()
    assert found == pytest.approx(mutual_info_score(None, None, contingency=table), rel=1e-12)
    independent = np.outer([0.2, 0.8], [0.5, 0.5])
    assert joint_mutual_information(tf.constant(independent)).numpy() == pytest.approx(0, abs=1e-12)
    assert joint_mutual_information(tf.constant(np.eye(4) / 4)).numpy() == pytest.approx(np.log(4))
    entropies = [-(own * np.log(own)).sum() for own in (table.sum(axis=axis) / table.sum() for axis in (0, 1))]
    penalised = joint_mutual_information(tf.constant(table / table.sum()), tf.constant(0.6, tf.float64)).numpy()
    assert penalised == pytest.approx(found - 0.6 * np.mean(entropies))


def test_numbers_of_fakes():
    assert ESTIMATORS["stratified"].fakes_per_component(64, 10) == 7
    assert ESTIMATORS["paired"].fakes_per_component(64, 10) == 64


# -- the two estimators have the same expected value and gradients ---------------------------------------------


def log_of_mean(alpha, log_classes):
    """Wrong on purpose: averages C, not log C."""
    moment = tf.matmul(alpha, alpha, transpose_a=True) / alpha.shape[0]
    mean = tf.math.log(tf.reduce_mean(tf.exp(log_classes), axis=0))
    return tf.reduce_sum(moment * mean) / alpha.shape[1]


def outer_of_means(alpha, log_classes):
    """Wrong on purpose: the outer product of the mean, not the mean of outer products."""
    mean = tf.reduce_mean(alpha, axis=0)
    return tf.reduce_sum(mean[:, None] * mean * tf.reduce_mean(log_classes, axis=0)) / alpha.shape[1]


def draws(weighted_fakes, weighted_log_classes, fakes, seed, n=3000):
    """Losses and gradients of n independent draws of a small linear GAN in float64, which has no normalisation."""
    b, k, d, p = 6, 3, 2, 4
    rng = np.random.default_rng(7)
    real = tf.constant(rng.standard_normal((b, p)))
    variables = [  # C, G, mu, A
        tf.Variable(rng.standard_normal((p, k))),
        tf.Variable(rng.standard_normal((d, p))),
        tf.Variable(rng.standard_normal((k, d))),
        tf.Variable(rng.standard_normal((k, d, d))),
    ]
    head = tf.constant(rng.standard_normal((p, 1)))

    def one(index):
        classifier, generator, mu, scale = variables
        eps = tf.random.stateless_normal([fakes, k, d], tf.stack([seed, index]), dtype=tf.float64)
        with tf.GradientTape() as tape:
            z = tf.einsum("kij,skj->ski", scale, eps) + mu
            fake = tf.tanh(tf.einsum("skd,dp->skp", z, generator))
            alpha = tf.nn.softmax(real @ classifier)
            log_classes = tf.nn.log_softmax(tf.einsum("skp,pj->skj", fake, classifier))
            scores = tf.nn.softplus(tf.einsum("skp,po->sko", fake, head))[..., 0]
            loss = weighted_fakes(alpha, scores) + weighted_log_classes(alpha, log_classes)
        gradients = tape.gradient(loss, variables)
        return tf.concat([loss[None], *[tf.reshape(g, [-1]) for g in gradients]], axis=0)

    found = tf.function(lambda: tf.map_fn(one, tf.range(n), fn_output_signature=tf.float64))().numpy()
    sizes = np.cumsum([1] + [int(np.prod(v.shape)) for v in variables])
    return dict(zip(("loss", "C", "G", "mu", "A"), np.split(found, sizes[:-1], axis=1), strict=True))


def z_scores(first, second):
    """The largest z-score of a difference of means, by variable."""
    return {
        name: np.max(
            np.abs(first[name].mean(0) - second[name].mean(0))
            / np.sqrt(first[name].var(0) / len(first[name]) + second[name].var(0) / len(second[name]) + 1e-30)
        )
        for name in first
    }


@pytest.fixture(scope="module")
def paired_draws():
    paired = ESTIMATORS["paired"]
    return draws(paired.weighted_fakes, paired.weighted_log_classes, fakes=6, seed=1)


def test_estimators_agree_in_mean_loss_and_mean_gradient(paired_draws):
    stratified = ESTIMATORS["stratified"]
    scores = z_scores(paired_draws, draws(stratified.weighted_fakes, stratified.weighted_log_classes, fakes=2, seed=2))
    assert max(scores.values()) < 4.5, scores


def test_the_joint_has_the_same_mean_from_shared_fakes():
    """The joint is linear in C(x_hat): its mean over draws is the paired one with the fakes' mean classes."""
    rng = np.random.default_rng(3)
    alpha = rng.dirichlet(np.ones(3), 6)
    population = rng.dirichlet(np.ones(3), (1000, 3))  # all the fakes there are, of each component
    expected = ESTIMATORS["paired"].joint(alpha, np.broadcast_to(population.mean(0), (6, 3, 3))).numpy()
    np.testing.assert_allclose(ESTIMATORS["stratified"].joint(alpha, population), expected, rtol=1e-12)


@pytest.mark.parametrize("wrong", [log_of_mean, outer_of_means])
def test_the_comparison_catches_wrong_estimators(paired_draws, wrong):
    scores = z_scores(paired_draws, draws(ESTIMATORS["stratified"].weighted_fakes, wrong, fakes=2, seed=2))
    assert max(scores.values()) > 10, scores
