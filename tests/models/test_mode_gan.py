"""ModeGAN: modes are found before it, once; C stays as it is from then on."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan import Discriminator, GaussianMixture, ImageClusterer, ModeGAN, SubclassMixture, make_config
from tfgmmgan.networks import DCGANEncoder, make_classifier
from tfgmmgan.training.build import build_model
from tfgmmgan.utils.errors import UserError

K = 4


def weights(owner):
    return [weight.copy() for weight in owner.get_weights()]


def assert_equal(first, second):
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def finds(monkeypatch):
    """A list that grows by the images of each `ImageClusterer.fit`."""
    seen, fit = [], ImageClusterer.fit

    def spy(self, images, *args, **kwargs):
        seen.append(images)
        return fit(self, images, *args, **kwargs)

    monkeypatch.setattr(ImageClusterer, "fit", spy)
    return seen


# -- C stays as it is ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [{}, {"update_order": "alternating", "critic_steps": 2}, {"dtype": "mixed_bfloat16", "gradient_penalty": 1.0}],
    ids=["simultaneous", "alternating", "bfloat16"],
)
@pytest.mark.parametrize("subclasses", [0, 2])
def test_the_classifier_and_what_it_says_are_bit_equal_after_each_epoch(tiny_modegan, images, options, subclasses):
    prior = SubclassMixture(K, 5, subclasses=subclasses) if subclasses else None
    model, said = tiny_modegan(prior=prior, **options), []
    model.find_modes(images)
    before = weights(model.classifier)
    assert any("moving_mean" in weight.path for weight in model.classifier.weights)
    expected = model.responsibilities(images)
    look = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: said.append(model.responsibilities(images)))
    generator = weights(model.generator)
    history = model.fit(images, batch_size=8, epochs=3, verbose=0, callbacks=[look]).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert any((old != new).any() for old, new in zip(generator, model.generator.get_weights(), strict=True))
    assert_equal(weights(model.classifier), before)
    assert_equal(said, [expected] * 3)


@pytest.mark.parametrize("subclasses", [0, 2])
def test_it_trains_under_xla(tiny_modegan, images, subclasses):
    prior = SubclassMixture(K, 5, subclasses=subclasses, mixture_weights="responsibilities") if subclasses else None
    model = tiny_modegan(prior=prior)
    model.compile(jit_compile=True)
    model.find_modes(images)
    before = weights(model.classifier)
    history = model.fit(images, batch_size=8, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert_equal(weights(model.classifier), before)


# -- where C comes from ----------------------------------------------------------------------------------------


def test_fit_finds_the_modes_once_and_steps_no_optimizer_for_it(tiny_modegan, images, finds):
    model = tiny_modegan()
    assert model.examples_wanted == 60_000
    history = model.fit(images, batch_size=8, epochs=2, verbose=0).history
    assert list(history) == ["discriminator_loss", "diversity_loss", "generator_loss"]
    assert int(model.optimizer.iterations) == int(model.discriminator_optimizer.iterations) == 6
    assert model.examples_wanted == 0
    model.fit(images, batch_size=8, verbose=0)
    assert len(finds) == 1
    np.testing.assert_array_equal(finds[0], images)


def test_a_found_classifier_is_the_clusterer_s_and_trains_nothing_else(tiny_modegan, tiny_clusterer, images):
    model, twin = tiny_modegan(), tiny_clusterer(K).fit(images)
    before = {group: [v.numpy() for v in model.group_variables(group)] for group in model.groups}
    own = weights(model.classifier)
    clusterer = model.find_modes(images)
    for group, old in before.items():
        assert_equal([v.numpy() for v in model.group_variables(group)], old)
    assert any((old != new).any() for old, new in zip(own, model.classifier.get_weights(), strict=True))
    assert_equal(weights(model.classifier), weights(clusterer.classifier_))
    np.testing.assert_allclose(model.responsibilities(images), clusterer.predict_proba(images), atol=1e-6)
    np.testing.assert_array_equal(clusterer.labels_, model.responsibilities(images).argmax(axis=1))
    assert clusterer is not model.clusterer and not hasattr(model.clusterer, "labels_")  # scikit-learn's clone
    assert_equal(weights(twin.classifier_), weights(clusterer.classifier_))  # the same seed, the same clusters


def test_a_fitted_clusterer_is_taken_as_it_is(tiny_modegan, tiny_clusterer, images, finds):
    clusterer = tiny_clusterer(K).fit(images)
    finds.clear()
    model = tiny_modegan(clusterer=clusterer)
    model.fit(images, batch_size=8, verbose=0)
    assert not finds and model.clusterer is clusterer
    assert_equal(weights(model.classifier), weights(clusterer.classifier_))


def test_a_given_classifier_is_taken_as_it_is(tiny_modegan, tiny_clusterer, images, finds):
    given = tiny_clusterer(K).fit(images).classifier_
    before = weights(given)
    finds.clear()
    model = tiny_modegan(classifier=given)
    assert model.classifier is given and model.examples_wanted == 0
    floats = images / np.float32(127.5) - 1
    np.testing.assert_allclose(model.responsibilities(images), tf.nn.softmax(given(floats)), atol=1e-5)
    model.fit(images, batch_size=8, verbose=0)
    assert not finds
    assert_equal(weights(given), before)


def test_any_keras_model_to_k_logits_may_be_given(tiny_modegan, images):
    plain = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(K)])
    model = tiny_modegan(classifier=plain)
    model.fit(images, batch_size=8, verbose=0)
    assert model.responsibilities(images).shape == (24, K)
    with pytest.raises(UserError, match=r"must have 4 outputs.*has 3"):
        tiny_modegan(classifier=keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)]))


def test_the_clusterer_of_nobody_s_choice_has_the_model_s_size_precision_and_seed():
    model = ModeGAN((32, 32, 3), 3, 5, architecture="resnet", width=1 / 64, dtype="mixed_bfloat16", seed=7)
    params = model.clusterer.get_params()
    assert (
        params
        == ImageClusterer(3, architecture="resnet", width=1 / 64, dtype="mixed_bfloat16", random_state=7).get_params()
    )
    assert type(model.classifier.encoder).__name__ == "ResNetEncoder"


def test_one_mode_needs_no_finding(tiny_modegan, tiny_clusterer, images, finds):
    model = tiny_modegan(num_components=1, clusterer=tiny_clusterer(1))
    assert model.examples_wanted == 0
    history = model.fit(images, batch_size=8, verbose=0).history
    assert not finds and all(np.isfinite(values).all() for values in history.values())
    np.testing.assert_array_equal(model.responsibilities(images), np.ones((24, 1)))
    assert model.generate(2, component=0, seed=1).shape == (2, 8, 8, 1)


def test_how_many_examples_are_of_use():
    for shape, count in (((8, 8, 1), 60_000), ((64, 64, 3), 43_690), ((256, 256, 3), 10_000)):
        assert ModeGAN(shape, width=0.05).examples_wanted == count


def test_a_dataset_gives_what_an_array_gives(tiny_modegan, images, monkeypatch):
    given = []
    monkeypatch.setattr(ModeGAN, "find_modes", lambda self, examples, verbose: given.append(examples))
    monkeypatch.setattr(ModeGAN, "examples_wanted", 20)
    tiny_modegan().fit(images, batch_size=8, verbose=0)
    tiny_modegan().fit(tf.data.Dataset.from_tensor_slices(images).batch(8), verbose=0)
    pairs = tf.data.Dataset.from_tensor_slices((images, np.zeros(24))).batch(8).repeat()
    tiny_modegan().fit(pairs, steps_per_epoch=1, verbose=0)
    np.testing.assert_array_equal(given[0], images)
    for examples in given[1:]:
        np.testing.assert_array_equal(examples, images[:20])
    assert len(given) == 3


def test_no_more_examples_are_compared_than_wanted(tiny_modegan, images, monkeypatch):
    for module in ("tfgmmgan.models.mode_gan", "tfgmmgan.clustering.image_clusterer"):
        monkeypatch.setattr(f"{module}.images_wanted", lambda shape: 20)
    clusterer = tiny_modegan().find_modes(images)
    assert len(clusterer.rows_used_) == len(set(clusterer.rows_used_)) == len(clusterer.link_clustering_.labels_) == 20
    assert len(clusterer.labels_) == len(images) == 24


def test_it_is_a_function_of_the_seed(tiny_clusterer, images):
    runs = []
    for seed in (3, 3, 4):
        keras.utils.set_random_seed(7)
        model = ModeGAN((8, 8, 1), K, 5, width=0.125, seed=seed, clusterer=tiny_clusterer(K, random_state=seed))
        model.compile()
        model.fit(images, batch_size=8, verbose=0, shuffle=False)
        runs.append(np.concatenate([np.ravel(weight) for weight in model.get_weights()]))
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()


# -- saving ----------------------------------------------------------------------------------------------------


def test_saved_before_the_modes_are_found_it_finds_them_when_loaded(tiny_modegan, images, finds, tmp_path):
    model = tiny_modegan(clusterer=None, diversity=0.3)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.examples_wanted == model.examples_wanted > 0 and loaded.diversity == 0.3
    assert loaded.clusterer.get_params() == model.clusterer.get_params()
    for each in (model, loaded):
        each.find_modes(images)
    assert len(finds) == 2
    np.testing.assert_allclose(loaded.responsibilities(images), model.responsibilities(images), atol=1e-4)


def test_saved_after_it_keeps_them(tiny_modegan, images, finds, tmp_path):
    model = tiny_modegan()
    model.fit(images, batch_size=8, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.examples_wanted == 0
    assert_equal(weights(loaded), weights(model))
    np.testing.assert_array_equal(loaded.responsibilities(images), model.responsibilities(images))
    np.testing.assert_array_equal(loaded.generate(3, seed=1), model.generate(3, seed=1))
    loaded.fit(images, batch_size=8, verbose=0)
    assert len(finds) == 1
    twin = tiny_modegan()
    model.save_weights(tmp_path / "some.weights.h5")
    twin.load_weights(tmp_path / "some.weights.h5")
    assert twin.examples_wanted == 0
    np.testing.assert_array_equal(twin.responsibilities(images), model.responsibilities(images))


def test_a_given_classifier_is_saved_with_the_model(tiny_modegan, images, tmp_path):
    plain = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(K)])
    model = tiny_modegan(classifier=plain)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.classifier) is keras.Sequential and loaded.examples_wanted == 0
    np.testing.assert_array_equal(loaded.responsibilities(images), model.responsibilities(images))


# -- what it refuses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"data_shape": (2,)}, r"is for images \(H, W, C\); got \(2,\). GMMGAN takes points"),
        ({"num_components": 3}, "clusterer finds 4 clusters and the prior has 3"),
        ({"prior": GaussianMixture(5, 5)}, "clusterer finds 4 clusters and the prior has 5"),
        ({"discriminator": Discriminator(DCGANEncoder((8, 8, 1), 0.1))}, "must have 4 outputs; it has 1"),
        ({"diversity": -1.0}, "diversity must be a number, at least 0"),
        ({"discriminator_units": -1}, "discriminator_units must be a whole number, at least 0; got -1"),
    ],
)
def test_arguments_that_do_not_fit(tiny_modegan, options, says):
    with pytest.raises(UserError, match=says):
        tiny_modegan(**options)


def test_examples_that_it_can_not_find_modes_in(tiny_modegan, images):
    with pytest.raises(UserError, match=r"find_modes\(examples\): expected examples of shape"):
        tiny_modegan().find_modes(images[:, :4])
    with pytest.raises(UserError, match=r"4 kinds can't be found among 3 images"):
        tiny_modegan().fit(images[:3], verbose=0)
    with pytest.raises(UserError, match=r"got generator.*Call find_modes\(examples\) before fit"):
        tiny_modegan().fit((batch for batch in [images]), verbose=0)


def test_options_of_the_command_line():
    small = {"model.width": 0.125, "clusterer.width": 0.25, "num_components": 3}
    model = build_model(make_config("modegan", "digits", **small), (16, 16, 1), num_examples=100)
    assert type(model.prior) is GaussianMixture  # checkpoints know it by its class's name
    assert (model.clusterer.n_clusters, model.clusterer.width, model.width) == (3, 0.25, 0.125)
    ours, plain = model.get_config(), ModeGAN((16, 16, 1)).get_config()
    assert not set(plain) - set(ours)
    with pytest.raises(UserError, match="is for images"):
        build_model(make_config("modegan", "arrays"), (2,))


def test_a_classifier_made_like_its_own_fits(tiny_modegan, images):
    given = make_classifier((8, 8, 1), K, width=0.25)
    model = tiny_modegan(classifier=given, prior=SubclassMixture(K, 5, subclasses=2))
    assert model.examples_wanted > 0  # for the subclasses
    assert model.find_modes(images) is None and model.examples_wanted == 0


def test_a_clusterer_that_counted_the_kinds_is_taken(images, tiny_clusterer, monkeypatch, tmp_path):
    monkeypatch.setattr("tfgmmgan.clustering.count.LEAST_OF_A_KIND", 3)
    with pytest.raises(UserError, match="The clusterer finds auto clusters and the prior has 4 components"):
        ModeGAN((8, 8, 1), num_components=4, latent_dim=5, width=0.125, clusterer=tiny_clusterer("auto"))
    clusterer = tiny_clusterer("auto").fit(images)
    model = ModeGAN((8, 8, 1), num_components=4, latent_dim=5, width=0.125, clusterer=clusterer)
    np.testing.assert_allclose(model.responsibilities(images), clusterer.predict_proba(images), rtol=1e-5)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.responsibilities(images), model.responsibilities(images))


def test_it_is_as_sure_as_its_clusterer_and_trains_by_the_classifier_itself(images, tiny_clusterer, monkeypatch):
    monkeypatch.setattr("tfgmmgan.clustering.image_clusterer.agreement", lambda *_: 0.3)
    model = ModeGAN((8, 8, 1), num_components=4, latent_dim=5, width=0.125, clusterer=tiny_clusterer(steps=60))
    clusterer = model.find_modes(images)
    assert float(model.temperature.numpy()) == pytest.approx(clusterer.temperature_) and clusterer.temperature_ > 1
    np.testing.assert_allclose(model.responsibilities(images), clusterer.predict_proba(images), rtol=1e-5)
    logits = model.class_logits(images / np.float32(127.5) - 1)
    np.testing.assert_allclose(logits, model.classifier(images / np.float32(127.5) - 1, training=False), rtol=1e-5)
