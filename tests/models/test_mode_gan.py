"""Subclasses of modes: found in pretraining, known to C and D, drawn by G."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.distance import pdist
from sklearn.cluster import KMeans

from tests.models.test_gradient_table import D, G, check_table, forward_of
from tests.models.test_pretraining_by_looks import stripes
from tfgmmgan import GMMGAN, GaussianMixture, SubclassMixture, make_config
from tfgmmgan.likeness import Looks
from tfgmmgan.training.build import build_model
from tfgmmgan.utils.errors import UserError

K, M, DIM = 4, 3, 5


def make(subclasses=M, spread=1.0, **kwargs):
    prior = GMMGAN.make_prior(
        num_components=K,
        latent_dim=DIM,
        subclasses=subclasses,
        spread=spread,
        variance=0.01,
        trainable=False,
        mean_range=0.3,
    )
    options = {
        "width": 0.125,
        "pretraining_steps": 6,
        "groups_by": "looks",
        "looks": "outlines",
        "refinement_rounds": 1,
    }
    model = GMMGAN((16, 16, 1), prior=prior, **{**options, **kwargs})
    model.compile()
    return model


@pytest.fixture(scope="module")
def images():
    return stripes(np.random.default_rng(0), 120)[0]


def log_softmax(logits):
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def test_the_losses_are_those_of_an_auxiliary_discriminative_classifier(images):
    model, total = make(subclass_consistency=0.3, discriminator_units=8), K * M
    assert model.discriminator_subclasses.kernel.shape == (8, 2 * total)
    forward = forward_of(model, images[:8])
    rng = np.random.default_rng(1)
    for layer in (model.classifier_subclasses, model.discriminator_subclasses):
        layer.set_weights([rng.normal(size=w.shape) / np.sqrt(len(w)) for w in layer.get_weights()])
    of_real = model.discriminator_subclasses(forward.real_trunk).numpy().astype(np.float64)
    of_fake = model.discriminator_subclasses(forward.fake_trunk).numpy().astype(np.float64)
    said = model.classifier_subclasses(forward.real_class_features).numpy().argmax(axis=1)
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


@pytest.mark.parametrize("encoder", ["own", "shared"])
def test_what_they_train(images, encoder):
    model = make(encoder=encoder, subclass_consistency=0.3, diversity=0.0, posterior_consistency=0.1)
    expected = {
        "discriminator_loss": D,
        "generator_loss": G,
        "posterior_consistency_loss": {"classifier", *G} | ({"encoder"} if encoder == "shared" else set()),
        "subclass_discriminator_loss": D,
        "subclass_generator_loss": G,
    }
    check_table(model, expected, images[:8])
    of_d = {w.path for w in model.group_variables("discriminator")}
    assert {w.path for w in model.discriminator_subclasses.trainable_variables} <= of_d
    assert not {w.path for w in model.classifier_subclasses.trainable_variables} & {
        w.path for group in model.groups for w in model.group_variables(group)
    }


def test_pretraining_finds_groups_that_look_alike_and_changes_nothing_of_c(images):
    class Taught(keras.callbacks.Callback):
        stages, groups = (), None

        def on_train_begin(self, logs=None):
            self.stages = (*self.stages, self.model.stage)
            self.groups = self.model._now.clusters

    keras.utils.set_random_seed(0)
    plain = make(subclasses=0)
    plain.pretrain(images, 12, verbose=0)
    keras.utils.set_random_seed(0)
    same, look = make(), Taught()
    before = same.classifier_subclasses.get_weights()
    same.pretrain(images, 12, verbose=0, callbacks=[look])
    assert look.stages == ("agreement", "refinement", "subclasses")
    for ours, theirs in zip(same.classifier.trainable_variables, plain.classifier.trainable_variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert any((a != b).any() for a, b in zip(same.classifier_subclasses.get_weights(), before, strict=True))
    expected = KMeans(K * M, n_init=1, max_iter=30, random_state=same.seed).fit_predict(Looks(images, "outlines").rows)
    np.testing.assert_array_equal(look.groups, expected)
    alpha = same.responsibilities(images)
    said = same.classifier_subclasses(same.class_features(images / np.float32(127.5) - 1)).numpy().argmax(axis=1)
    shares = np.stack([alpha[said == group].sum(axis=0) for group in range(K * M)], axis=1)
    np.testing.assert_allclose(
        same.prior.subclass_probs, shares / shares.sum(axis=1, keepdims=True), rtol=1e-3, atol=1e-6
    )


def test_a_pretrained_c_stays_as_it_is_and_has_its_subclasses_found(images):
    class Stages(keras.callbacks.Callback):
        names = ()

        def on_train_begin(self, logs=None):
            self.names = (*self.names, self.model.stage)

    model, stages = make(), Stages()
    before, own = [w.numpy() for w in model.classifier.trainable_variables], model.prior.subclass_probs.numpy()
    assert model.pretrain(images, 12, verbose=0, callbacks=[stages], find_clusters=False) is None
    assert stages.names == ("subclasses",) and not model.wants_pretraining
    for old, new in zip(before, model.classifier.trainable_variables, strict=True):
        np.testing.assert_array_equal(old, new)
    assert np.abs(model.prior.subclass_probs.numpy() - own).max() > 0.1


def test_c_learns_to_tell_them(images):
    model = make(pretraining_steps=150, refinement_rounds=0, width=0.25)
    model.pretrain(images, 24, verbose=0)
    groups = KMeans(K * M, n_init=1, max_iter=30, random_state=model.seed).fit_predict(Looks(images, "outlines").rows)
    said = model.classifier_subclasses(model.class_features(images / np.float32(127.5) - 1)).numpy().argmax(axis=1)
    assert np.mean(said == groups) > 0.7  # by chance a twelfth


def test_fit_trains_all_of_it_and_what_is_saved_is_what_was_trained(images, tmp_path):
    model = make(dtype="mixed_bfloat16", discriminator_units=8)
    history = model.fit(images, batch_size=24, epochs=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert {"subclass_discriminator_loss", "subclass_generator_loss"} <= set(history)
    assert "subclass_learning_loss" not in history
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.generate(6, seed=1), model.generate(6, seed=1))
    np.testing.assert_array_equal(again.prior.subclass_probs, model.prior.subclass_probs)
    once, twice = (np.concatenate([np.ravel(w) for w in m.get_weights()]) for m in (model, again))
    np.testing.assert_array_equal(once, twice)


def test_fakes_of_a_subclass_shall_differ_as_much_as_its_images(images):
    model = make(diversity_within="subclasses", diversity=2.0, spread=20.0)  # far apart
    model.pretrain(images, 12, verbose=0)
    floats = images / np.float32(127.5) - 1
    said = model.classifier_subclasses(model.class_features(floats)).numpy().argmax(axis=1)
    wanted = [
        pdist(floats[said == g].reshape(-1, 256)).mean() / 16 if (said == g).sum() > 1 else 0 for g in range(K * M)
    ]
    np.testing.assert_allclose(model.subclass_distances, wanted, atol=2e-3)
    assert max(wanted) > 0.1
    forward = forward_of(model, images[:20])  # five fakes of each component: two pairs
    fake, subclasses = (forward.per_component(x).numpy() for x in (forward.fake, forward.fake_subclasses))
    np.testing.assert_array_equal(subclasses[0:4:2], subclasses[1:5:2])
    found = np.sqrt(((fake[0:4:2] - fake[1:5:2]) ** 2).mean(axis=(2, 3, 4)))
    missing = np.maximum(0, (np.array(wanted)[subclasses[0:4:2]] - found).mean(axis=0)).mean()
    assert missing > 0
    np.testing.assert_allclose(model.diversity_loss(forward), missing, atol=3e-3)


def test_diversity_within_subclasses_trains_the_generator_and_the_prior(images):
    model = make(diversity_within="subclasses", subclass_consistency=0.0, posterior_consistency=0.1)
    model.subclass_distances.assign(np.full(K * M, 10.0))
    consistency = {"posterior_consistency_loss": {"classifier", *G}}
    check_table(model, {"discriminator_loss": D, "generator_loss": G, "diversity_loss": G} | consistency, images[:8])


def test_how_much_images_differ_is_saved(images, tmp_path):
    model = make(diversity_within="subclasses")
    model.fit(images, batch_size=24, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.diversity_within == "subclasses" and model.subclass_distances.numpy().max() > 0
    np.testing.assert_array_equal(again.subclass_distances, model.subclass_distances)


def test_no_subclasses_no_diversity_within_them():
    with pytest.raises(UserError, match="the prior has none"):
        make(subclasses=0, diversity_within="subclasses")


def test_fewer_images_than_subclasses(images):
    model = make(subclasses=10)
    model.pretrain(images[:30], 12, verbose=0)
    said = np.unique(model._subclasses(images[:30]).numpy())
    np.testing.assert_array_equal(np.flatnonzero(model.prior.subclass_probs.numpy().sum(axis=0)), said)


def test_without_pretraining_nobody_finds_them():
    with pytest.raises(UserError, match="pretraining_steps is 0"):
        make(pretraining_steps=0)


def test_options_of_the_command_line():
    config = make_config(
        "gmmgan",
        "digits",
        num_components=3,
        **{"prior.subclasses": 4, "prior.spread": 0.5, "losses.subclass_consistency": 0.2, "networks.width": 0.125},
        **{"losses.diversity_within": "subclasses"},
    )
    model = build_model(config, (16, 16, 1), num_examples=100)
    assert (model.num_subclasses, model.prior.spread, model.subclass_consistency) == (12, 0.5, 0.2)
    assert model.diversity_within == "subclasses"
    assert tf.reduce_all(model.prior.offsets == SubclassMixture(3, 100, subclasses=4, spread=0.5).offsets)
    without = build_model(make_config("gmmgan", "digits"), (16, 16, 1), num_examples=100)
    assert type(without.prior) is GaussianMixture, "checkpoints of before know it by its class's name"
    for option, value in (
        ("prior.spread", 0.5),
        ("losses.subclass_consistency", 0.2),
        ("losses.diversity_within", "subclasses"),
    ):
        with pytest.raises(UserError, match=r"--prior.subclasses"):
            make_config("gmmgan", "digits", **{option: value, "prior.subclasses": 0})
    with pytest.raises(UserError, match=r"no use for --prior.subclasses"):
        build_model(make_config("gmgan", "digits", **{"prior.subclasses": 4}), (16, 16, 1))
