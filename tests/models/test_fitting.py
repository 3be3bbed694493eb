import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan import (
    ACGAN,
    GAEL,
    GAN,
    GMGAN,
    GMMGAN,
    WGANGP,
    ModeGAN,
    SubclassMixture,
    SupervisedGMGAN,
    UserError,
)
from tfgmmgan.priors import FittedMixture, GaussianMixture

TINY = {"width": 0.05}


def compiled(model):
    model.compile()
    return model


def labels_of(images):
    return np.arange(len(images)) % 3


@pytest.mark.parametrize("system", [ACGAN, SupervisedGMGAN])
@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_labels_of_any_integer_dtype_as_keras_datasets_have_them(images, system, shape):
    def loss(*data):
        keras.utils.set_random_seed(0)
        model = compiled(system((8, 8, 1), num_classes=np.int64(3), **TINY))
        return model.fit(*data, batch_size=12 if len(data) > 1 else None, verbose=0, shuffle=False).history

    plain = loss(images, labels_of(images))["discriminator_loss"]
    labels = labels_of(images).astype(np.uint8).reshape(shape)
    np.testing.assert_allclose(loss(images, labels)["discriminator_loss"], plain, rtol=1e-5)
    dataset = tf.data.Dataset.from_tensor_slices((images, labels)).batch(12)
    np.testing.assert_allclose(loss(dataset)["discriminator_loss"], plain, rtol=1e-5)


@pytest.mark.parametrize("labels", [np.zeros((24, 2), np.int64), np.zeros(24, np.float32)])
def test_labels_of_another_form_are_refused_from_arrays_and_datasets(images, labels):
    for data in ((images, labels), (tf.data.Dataset.from_tensor_slices((images, labels)).batch(12),)):
        with pytest.raises(ValueError, match="integer class ids"):
            compiled(ACGAN((8, 8, 1), num_classes=3, **TINY)).fit(*data, verbose=0)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_examples_of_other_integers_are_refused_wherever_they_come_from(images, dtype):
    other = images.astype(dtype)
    model = compiled(GMMGAN((8, 8, 1), 3, 4, **TINY))
    for use in (
        lambda: model.fit(other, verbose=0),
        lambda: model.fit(tf.data.Dataset.from_tensor_slices(other).batch(12), verbose=0),
        lambda: model.responsibilities(other),
        lambda: model(tf.constant(other)),
    ):
        with pytest.raises(UserError, match=f"uint8.*{dtype}"):
            use()
    with pytest.raises(UserError, match=r"lie in \[-1, 1\]"):
        model.fit(tf.constant(images, tf.float32), verbose=0)
    with pytest.raises(UserError, match=r"lie in \[-1, 1\]"):
        model.responsibilities(images.astype("float32"))


def test_images_without_a_channel_axis_are_taken_by_fit_and_by_responsibilities(images):
    model = compiled(GMMGAN((8, 8, 1), 3, 4, **TINY))
    model.fit(images[..., 0], verbose=0)
    np.testing.assert_array_equal(model.responsibilities(images[..., 0]), model.responsibilities(images))
    floats = images[..., 0] / 127.5 - 1
    np.testing.assert_allclose(model.responsibilities(floats.tolist()), model.responsibilities(images), atol=1e-5)


def test_images_of_two_channels():
    images = np.random.default_rng(0).integers(0, 255, (24, 8, 8, 2), dtype=np.uint8)
    model = compiled(GMMGAN((8, 8, 2), 3, 4, **TINY))
    model.fit(images, verbose=0, validation_split=0.0)
    assert model.responsibilities(images).shape == (24, 3)
    with pytest.raises(UserError, match="channels"):
        model.responsibilities(np.zeros((2, 8, 8, 4), np.uint8))


@pytest.mark.parametrize(
    "unused",
    [
        {"validation_split": 0.25},
        {"validation_data": (np.zeros((4, 8, 8, 1), np.uint8),)},
        {"class_weight": {0: 1.0}},
        {"sample_weight": np.zeros(24)},
    ],
    ids=lambda unused: next(iter(unused)),
)
def test_what_a_gan_has_no_use_for_is_refused_before_anything_is_trained(images, unused):
    model = compiled(GAN((8, 8, 1), **TINY))
    before = model.get_weights()
    with pytest.raises(UserError, match=next(iter(unused))):
        model.fit(images, verbose=0, **unused)
    np.testing.assert_equal(model.get_weights(), before)
    with pytest.raises(UserError, match="make_scorecard"):
        model.evaluate(images)


def test_an_uncompiled_model_is_saved_and_a_compiled_one_as_it_was_compiled(images, tmp_path):
    model = GAN((8, 8, 1), latent_dim=3, **TINY)
    model.save(tmp_path / "a.keras")
    loaded = keras.models.load_model(tmp_path / "a.keras")
    np.testing.assert_array_equal(loaded.generate(2, seed=0), model.generate(2, seed=0))
    loaded.compile(steps_per_execution=2, run_eagerly=True)
    loaded.save(tmp_path / "b.keras")
    again = keras.models.load_model(tmp_path / "b.keras")
    assert (again.steps_per_execution, again.run_eagerly) == (2, True)
    keras.models.load_model(tmp_path / "b.keras", compile=False).save(tmp_path / "c.keras")


@pytest.mark.parametrize("size", [12, 17, 21, 24])
def test_a_last_batch_smaller_than_the_critic_steps_is_trained_on(images, size):
    model = compiled(WGANGP((8, 8, 1), **TINY))
    history = model.fit(images[:size], batch_size=10, verbose=0).history
    assert np.isfinite([value for values in history.values() for value in values]).all()


def test_two_parts_of_a_batch_are_what_they_were_where_it_is_large_enough(images):
    seen = []

    class Spy(GAN):
        def discriminator_loss(self, forward):
            seen.append(forward.real)
            return super().discriminator_loss(forward)

    model = Spy((8, 8, 1), update_order="alternating", critic_steps=3, **TINY)
    model.compile(run_eagerly=True)
    model.train_step(tf.constant(images[:10]))
    parts = np.concatenate([part.numpy() for part in seen[:3]])
    np.testing.assert_allclose(parts, images[:9] / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize("system", [GAEL, ACGAN])
def test_clipping_leaves_other_heads_alone(images, system):
    options = {"num_classes": 3} if system is ACGAN else {"num_components": 3, "latent_dim": 4}
    model = compiled(system((8, 8, 1), adversarial_loss="wasserstein", weight_clip=0.01, **TINY, **options))
    model.fit(images, *([labels_of(images)] if system is ACGAN else []), verbose=0)
    largest = {
        group: max(float(abs(weight.numpy()).max()) for weight in model.group_variables(group))
        for group in model.discriminator_groups
    }
    own = largest.keys() - {"encoder", "discriminator"}
    assert largest["encoder"] <= 0.0101 and largest["discriminator"] <= 0.0101
    assert all(largest[group] > 0.05 for group in own) and own


def test_a_batch_of_one_with_paired_fakes():
    points = np.random.default_rng(0).normal(size=(17, 2)).astype("float32")
    model = compiled(GMMGAN((2,), 3, 4, estimator="paired", **TINY))
    history = model.fit(points, batch_size=16, verbose=0).history
    assert np.isfinite([value for values in history.values() for value in values]).all()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: GAN((8, 8, 1), dtype="mixed_float16"), "bfloat16"),
        (lambda: GAN((8, 8, 1), seed=-1), "seed must be a whole number, at least 0; got -1"),
        (
            lambda: GAN((8, 8, 1), adversarial_loss="wasserstein"),
            r"set gradient_penalty=10 .* or weight_clip=0.01",
        ),
        (lambda: GAN((8, 8, 1), adversarial_loss="wasserstein_gp"), "Did you mean 'wasserstein'"),
        (lambda: GAN((8, 8, 1), weight_clip=-1), "weight_clip must be a number, at least 0; got -1"),
        (
            lambda: GAN((8, 8, 1), update_order="alternating", critic_steps=0),
            "critic_steps must be a whole number, at least 1",
        ),
        (
            lambda: GMGAN((8, 8, 1), generator_batch_size=-4),
            "generator_batch_size must be a whole number, at least 0",
        ),
        (lambda: WGANGP((8, 8, 1), update_order="simultaneous"), r"critic_steps \(5\) needs update_order"),
        (lambda: GAN((8, 8, 1), discriminator=keras.Sequential([keras.layers.Dense(1)])), "tfgmmgan.Discriminator"),
        (lambda: GAN((2,), prior=GaussianMixture(2, 3, mixture_weights="responsibilities")), "no classifier"),
        (lambda: GAN((2,), prior=FittedMixture(2, 3)), r"GMGAN\(prior=prior\)"),
        (lambda: GMGAN((2,), prior=FittedMixture(2, 3), sampling="stratified"), r"GMGAN\(prior=prior\)"),
        (lambda: ModeGAN((8, 8, 1), prior=SubclassMixture(1, 4, subclasses=2)), "one component has subclasses"),
        (lambda: GMMGAN((8, 8, 1), 4, classifier=keras.Sequential([keras.layers.Dense(3)])), "4 outputs.*has 3"),
    ],
)
def test_arguments_that_do_not_fit_say_so_at_once(make, says):
    with pytest.raises(UserError, match=says):
        make()


def test_one_optimizer_is_not_two(images):
    adam = keras.optimizers.Adam()
    with pytest.raises(UserError, match="two optimizers"):
        GAN((8, 8, 1), **TINY).compile(adam, adam)


def test_sizes_may_be_numpy_integers(images):
    three = np.int64(3)
    for model in (
        ModeGAN((8, 8, 1), num_components=three, latent_dim=three, discriminator_units=np.int64(4), **TINY),
        GMMGAN((8, 8, 1), num_components=three, latent_dim=three, **TINY),
        GAEL((8, 8, 1), num_components=three, latent_dim=three, **TINY),
        ACGAN((8, 8, 1), num_classes=three, **TINY),
    ):
        assert model.generate(1, seed=0).shape == (1, 8, 8, 1)


def test_component_must_be_integers():
    model = GMGAN((2,), 3, 4, **TINY)
    for wrong in (1.9, np.array([0.0, 1.0])):
        with pytest.raises(ValueError, match="component must be one integer"):
            model.generate(2, component=wrong)


def test_a_classifier_that_nothing_trains_is_warned_of(images):
    nothing = {"mutual_information": 0.0, "marginal_entropy": 0.0, "posterior_consistency": 0.0}
    with pytest.warns(UserWarning, match="No loss in use trains the classifier"):
        compiled(GMMGAN((8, 8, 1), 3, 4, **TINY, **nothing)).fit(images, verbose=0)
    plain = keras.Sequential([keras.layers.Dense(3)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiled(GMMGAN((8, 8, 1), 3, 4, **TINY, **nothing, classifier_adversarial=True)).fit(images, verbose=0)
        model = compiled(GMMGAN((8, 8, 1), 3, 4, classifier=plain, **TINY))
        before = plain.get_weights()
        model.fit(images, verbose=0)
    assert not np.allclose(before[0], plain.get_weights()[0])


def test_trained_with_the_prior_that_was_given():
    assert GAN((2,), prior=GaussianMixture(2, 7), **TINY).latent_dim == 7
