"""Subclasses of modes: found before the GAN, known to C and D, drawn by G."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.cluster import KMeans

from tests.models.test_gradient_table import D, G, check_table, forward_of
from tfgmmgan import GaussianMixture, ModeGAN, SubclassMixture, make_config
from tfgmmgan.clustering import make_descriptor
from tfgmmgan.training.build import build_model
from tfgmmgan.utils.errors import UserError

K, M, DIM = 4, 3, 5


@pytest.fixture
def make(tiny_modegan, tiny_clusterer):
    """Return a maker of compiled ModeGANs for images of 16 pixels, with `subclasses` a mode."""

    def make(subclasses=M, spread=1.0, clusterer=None, **kwargs):
        prior = ModeGAN.make_prior(
            num_components=K,
            latent_dim=DIM,
            subclasses=subclasses,
            spread=spread,
            variance=0.01,
            mean_range=0.3,
        )
        clusterer = tiny_clusterer(K, **{"descriptor": "hog", "steps": 6, "batch_size": 12, **(clusterer or {})})
        return tiny_modegan((16, 16, 1), prior=prior, clusterer=clusterer, **kwargs)

    return make


@pytest.fixture(scope="module")
def images():
    """(120, 16, 16, 1) uint8: stripes in four directions, of any brightness, with noise."""
    rng, at = np.random.default_rng(0), np.arange(16)
    turn = (rng.integers(0, 4, 120) * np.pi / 4)[:, None, None]
    across = np.cos(turn) * at[None, None] + np.sin(turn) * at[None, :, None]
    waves = np.sin(1.3 * across + rng.uniform(0, 6, (120, 1, 1)))
    bright = (waves + 1) / 2 * rng.uniform(0.3, 1, (120, 1, 1)) + 0.02 * rng.normal(size=(120, 16, 16))
    return (255 * np.clip(bright, 0, 1)).astype(np.uint8)[..., None]


def groups_of(images, model, count=K * M):
    """The groups that images look alike in, by scikit-learn from the descriptor's rows."""
    rows = make_descriptor("hog").fit(images).transform(images)
    return KMeans(count, n_init=1, max_iter=30, random_state=model.seed).fit_predict(rows)


def said_of(images, model):
    """The subclass that C takes each image for."""
    features = model.classifier.trunk(tf.constant(images / np.float32(127.5) - 1), training=False)
    return model.classifier_subclasses(features).numpy().argmax(axis=1)


def log_softmax(logits):
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def test_the_losses_are_those_of_an_auxiliary_discriminative_classifier(make, images):
    model, total = make(subclass_consistency=0.3, discriminator_units=8, spread=20.0), K * M  # far apart
    assert model.discriminator_subclasses.kernel.shape == (8, 2 * total)
    forward = forward_of(model, images[:8])
    rng = np.random.default_rng(1)
    for layer in (model.classifier_subclasses, model.discriminator_subclasses):
        layer.set_weights([rng.normal(size=w.shape) / np.sqrt(len(w)) for w in layer.get_weights()])
    features = model.classifier.trunk(forward.real).numpy()
    kernel, _ = model.classifier_subclasses.get_weights()
    model.classifier_subclasses.set_weights([kernel, -(features @ kernel).mean(axis=0)])  # or all would be of one
    of_real = model.discriminator_subclasses(forward.real_trunk).numpy().astype(np.float64)
    of_fake = model.discriminator_subclasses(forward.fake_trunk).numpy().astype(np.float64)
    said = said_of(images[:8], model)
    assert len(set(said)) > 1
    z, components = forward.z.numpy().reshape(-1, DIM), forward.components.numpy().ravel()
    drawn = model.prior.subclasses_of(z, components).numpy()
    assert (drawn // M == components).all()  # each component has its own to begin with
    on_real = -log_softmax(of_real)[np.arange(8), said].mean()
    on_fake = -log_softmax(of_fake)[np.arange(len(z)), total + drawn].mean()
    np.testing.assert_allclose(model.subclass_discriminator_loss(forward), (on_real + on_fake) / 2, rtol=1e-5)
    odds = of_fake[np.arange(len(z)), drawn] - of_fake[np.arange(len(z)), total + drawn]
    np.testing.assert_allclose(
        model.subclass_generator_loss(forward), -np.log(1 / (1 + np.exp(-odds))).mean(), rtol=1e-5
    )


@pytest.mark.parametrize("trainable", [False, True])
def test_what_they_train(tiny_modegan, images, trainable):
    prior = SubclassMixture(K, DIM, subclasses=M, trainable=trainable)
    model = tiny_modegan((16, 16, 1), prior=prior, subclass_consistency=0.3, diversity=0.0)
    expected = {
        "discriminator_loss": D,
        "generator_loss": G,
        "subclass_discriminator_loss": D,
        "subclass_generator_loss": G,
    }
    check_table(model, expected, images[:8])
    of_d = {w.path for w in model.group_variables("discriminator")}
    assert {w.path for w in model.discriminator_subclasses.trainable_variables} <= of_d
    assert not {w.path for w in model.classifier_subclasses.trainable_variables} & {
        w.path for group in model.groups for w in model.group_variables(group)
    }


def test_without_subclasses_there_are_no_such_losses(make, images):
    model = make(subclasses=0)
    assert type(model.prior) is GaussianMixture
    check_table(model, {"discriminator_loss": D, "generator_loss": G, "diversity_loss": G}, images[:8])


def test_they_are_groups_that_look_alike_and_change_nothing_of_c(make, images, monkeypatch):
    taught = []

    def fit_predict(self, rows):
        taught.append(KMeans.fit(self, rows).labels_)
        return taught[-1]

    keras.utils.set_random_seed(0)
    plain = make(subclasses=0)
    plain.find_modes(images)
    keras.utils.set_random_seed(0)
    same = make()
    before = same.classifier_subclasses.get_weights()
    monkeypatch.setattr("tfgmmgan.models.subclasses.KMeans.fit_predict", fit_predict)
    same.find_modes(images)
    monkeypatch.undo()
    for ours, theirs in zip(same.classifier.get_weights(), plain.classifier.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert any((a != b).any() for a, b in zip(same.classifier_subclasses.get_weights(), before, strict=True))
    np.testing.assert_array_equal(taught[-1], groups_of(images, same))
    alpha, said = same.responsibilities(images), said_of(images, same)
    shares = np.stack([alpha[said == group].sum(axis=0) for group in range(K * M)], axis=1)
    np.testing.assert_allclose(
        same.prior.subclass_probs, shares / shares.sum(axis=1, keepdims=True), rtol=1e-3, atol=1e-6
    )


def test_a_given_c_stays_as_it_is_and_has_its_subclasses_found(make, images):
    given = make(subclasses=0).find_modes(images).classifier_
    model = make(classifier=given)
    before, own = given.get_weights(), model.prior.subclass_probs.numpy()
    assert model.examples_wanted > 0
    assert model.find_modes(images) is None
    assert model.examples_wanted == 0 and model.classifier is given
    for old, new in zip(before, given.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert np.abs(model.prior.subclass_probs.numpy() - own).max() > 0.1


def test_c_learns_to_tell_them(make, images):
    model = make(clusterer={"steps": 150, "self_training_rounds": 0, "width": 0.25, "batch_size": 24})
    model.find_modes(images)
    assert np.mean(said_of(images, model) == groups_of(images, model)) > 0.7  # by chance a twelfth


def test_fit_trains_all_of_it_and_what_is_saved_is_what_was_trained(make, images, tmp_path):
    model = make(dtype="mixed_bfloat16", discriminator_units=8, clusterer={"dtype": "mixed_bfloat16"})
    history = model.fit(images, batch_size=24, epochs=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert {"subclass_discriminator_loss", "subclass_generator_loss"} <= set(history)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.generate(6, seed=1), model.generate(6, seed=1))
    np.testing.assert_array_equal(again.prior.subclass_probs, model.prior.subclass_probs)
    once, twice = (np.concatenate([np.ravel(w) for w in m.get_weights()]) for m in (model, again))
    np.testing.assert_array_equal(once, twice)
    assert again.examples_wanted == 0


def test_fewer_images_than_subclasses(make, images):
    model = make(subclasses=10)
    model.find_modes(images[:30])
    said = np.unique(said_of(images[:30], model))
    np.testing.assert_array_equal(np.flatnonzero(model.prior.subclass_probs.numpy().sum(axis=0)), said)


def test_a_classifier_without_a_trunk_can_not_tell_them(make):
    plain = keras.Sequential([keras.Input((16, 16, 1)), keras.layers.Flatten(), keras.layers.Dense(K)])
    with pytest.raises(UserError, match=r"has no `trunk` and `head`, as ImageClusterer's has"):
        make(classifier=plain)
    make(subclasses=0, classifier=plain)


def test_options_of_the_command_line():
    options = {"prior.subclasses": 4, "prior.spread": 0.5, "model.subclass_consistency": 0.2, "model.width": 0.125}
    config = make_config("modegan", "digits", num_components=3, **options)
    model = build_model(config, (16, 16, 1), num_examples=100)
    assert (model.prior.num_subclasses, model.prior.spread, model.subclass_consistency) == (12, 0.5, 0.2)
    assert tf.reduce_all(model.prior.offsets == SubclassMixture(3, 100, subclasses=4, spread=0.5).offsets)
    without = build_model(make_config("modegan", "digits", **{"model.width": 0.125}), (16, 16, 1), num_examples=100)
    assert type(without.prior) is GaussianMixture, "checkpoints of before know it by its class's name"
    for option, value in (("prior.spread", 0.5), ("model.subclass_consistency", 0.2)):
        with pytest.raises(UserError, match=r"--prior.subclasses"):
            make_config("modegan", "digits", **{option: value, "prior.subclasses": 0})
    with pytest.raises(UserError, match=r"no use for --prior.subclasses"):
        build_model(make_config("gmgan", "digits", **{"prior.subclasses": 4}), (16, 16, 1))
