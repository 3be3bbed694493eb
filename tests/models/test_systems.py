"""Every system of the registry, the same way: ten steps, save, load, go on, export, resume."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgmmgan
from tfgmmgan.models import MODELS
from tfgmmgan.models.trainer import Trainer
from tfgmmgan.training import runner, train
from tfgmmgan.training.build import build_model
from tfgmmgan.training.options import RunOptions, make_config
from tfgmmgan.utils.arguments import arguments

RNG = np.random.default_rng(0)
LABELS = np.arange(80) % 4
CAPABILITIES = {
    "modegan": {"responsibilities"},
    "gmmgan": {"responsibilities"},
    "acgan": {"responsibilities"},
    "gael": {"responsibilities", "encode", "fit_prior"},
}
SHAPES = {"grey": (8, 8, 1), "colour": (8, 8, 3), "points": (2,)}


def examples_of(kind):
    if kind == "points":
        return RNG.normal(size=(80, 2)).astype(np.float32)
    return RNG.integers(0, 255, (80, *SHAPES[kind]), dtype=np.uint8)


def small_config(name, dataset="arrays", **options):
    """A config with the system's own defaults but for its size; options with `__` for a dot."""
    small = {"latent_dim": 5, "model.width": 0.1, "batch_size": 4}
    if name not in ("gan", "wgan_gp", "acgan"):
        small["num_components"] = 4
    if name == "modegan":
        small |= {"clusterer.descriptor": "pixels", "clusterer.steps": 4, "clusterer.self_training_rounds": 1}
    return make_config(name, dataset, **small | {key.replace("__", "."): value for key, value in options.items()})


def make(name, shape, **options):
    return build_model(small_config(name, **options), shape, num_classes=4)


KINDS = [
    pytest.param(name, kind, marks=[pytest.mark.slow] if kind != "grey" else [])
    for name in MODELS
    for kind in SHAPES
    if (name, kind) != ("modegan", "points")
]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_ten_steps_then_saved_loaded_trained_on_and_exported(name, kind, tmp_path):
    model, examples = make(name, SHAPES[kind]), examples_of(kind)
    batch_size = 4 * model.critic_steps
    losses = model.fit(examples, LABELS, batch_size=batch_size, epochs=-(-10 * batch_size // 80), verbose=0).history
    assert int(model.optimizer.iterations.numpy()) >= 10
    assert losses and all(np.isfinite(values).all() for values in losses.values())
    model.after_training([examples])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded) is MODELS[name] and loaded.get_config() == model.get_config()
    np.testing.assert_allclose(loaded.generate(3, seed=1), model.generate(3, seed=1), atol=1e-6)
    for each in (model, loaded):  # the optimizers' states came along
        each.fit(examples[:batch_size], LABELS[:batch_size], batch_size=batch_size, shuffle=False, verbose=0)
    for one, other in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5, err_msg=one.path)
    assert int(loaded.optimizer.iterations.numpy()) == int(model.optimizer.iterations.numpy())

    served = tf.saved_model.load(str(tfgmmgan.export(model, tmp_path / "serving"))).signatures
    last = model.prior.num_components - 1
    rows = {"component": tf.constant([last, 0]), "variance_scale": tf.ones([2]), "seed": tf.constant([1, 2], tf.int64)}
    alone = [model.generate(1, component=kind, seed=seed)[0] for kind, seed in ((last, 1), (0, 2))]
    np.testing.assert_allclose(served["generate"](**rows)["examples"], alone, atol=1e-5)
    answer = served["legacy_generate"](
        component=tf.constant([last, 0]), variance_scale=tf.constant(1.0), seed=tf.constant([1, 0])
    )
    np.testing.assert_allclose(answer["examples"], model.generate(2, component=[last, 0], seed=1), atol=1e-5)
    floats = tf.constant(examples[:3], tf.float32) / (127.5 if kind != "points" else 1) - (kind != "points")
    for signature, output, capability in (
        ("responsibilities", "responsibilities", "responsibilities"),
        ("encode", "latents", "encode"),
        ("reconstruct", "examples", "encode"),
    ):
        assert (signature in served) == (capability in CAPABILITIES.get(name, ()))
        if signature in served:
            found = served[signature](images=floats)[output]
            np.testing.assert_allclose(found, getattr(model, signature)(examples[:3]), atol=1e-4)
            assert (f"{signature}_uint8" in served) == (f"{signature}_bytes" in served) == (kind != "points")


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_a_resumed_run_ends_as_an_undisturbed_one(name, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "evaluate", lambda *arguments: {})  # these take most of the time and change nothing
    monkeypatch.setattr("tfgmmgan.training.callbacks.epoch_scores", lambda subject: {"criterion": 1.0})
    np.savez(tmp_path / "data.npz", images=examples_of("grey"), labels=LABELS)

    def run(epochs, output, **kwargs):
        config = small_config(name, epochs=epochs, data__path=str(tmp_path / "data.npz"), evaluation__every_epochs=0)
        return train(config, str(tmp_path / output), **kwargs)

    run(1, "stopped")
    resumed, _ = run(3, "stopped", resume=True)
    whole, _ = run(3, "whole")
    for one, two in zip(*(keras.models.load_model(each.model).weights for each in (resumed, whole)), strict=True):
        np.testing.assert_array_equal(one, two, err_msg=one.path)
    assert {path.name for path in resumed.serving.iterdir()} == {"1", "2"}


LOSSES = {
    "minimax": {},
    "hinge": {},
    "wasserstein": {"model__weight_clip": 0.01},
    "wasserstein_gp": {"model__adversarial_loss": "wasserstein", "model__gradient_penalty": 10.0},
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", MODELS)
def test_any_adversarial_loss_goes_with_any_system(name, loss):
    """One step of D and one of G, both finite, both with gradients; the Wasserstein losses' constraints are kept."""
    plain = {"model__gradient_penalty": 0.0}  # as WGAN-GP's own default is another
    model = make(name, (8, 8, 1), **{"model__adversarial_loss": loss} | plain | LOSSES[loss])
    real = tf.constant(examples_of("grey")[:8], tf.float32) / 127.5 - 1
    fakes = model.fakes_per_component(8)
    labels = tf.constant(LABELS[:8]) if model.needs_labels else None
    losses, gradients = model.losses_and_gradients(model.forward_pass(model, real, labels, tf.constant([0, 1]), fakes))
    assert all(np.isfinite(value) for value in losses.values())
    for group in ("encoder", "discriminator", "generator"):
        assert max(float(tf.reduce_max(tf.abs(gradient))) for gradient, _ in gradients[group]) > 0
    normalised = any(isinstance(block, keras.layers.BatchNormalization) for block in model.discriminator.encoder.blocks)
    assert ("gradient_penalty_loss" in losses) == (loss == "wasserstein_gp") == (not normalised)


def test_labels_are_needed_where_a_system_learns_from_them():
    examples = examples_of("grey")
    for name in ("acgan", "supervised_gmgan"):
        model = make(name, (8, 8, 1))
        with pytest.raises(tfgmmgan.UserError, match=r"learns from labels: call fit\(images, labels\)"):
            model.fit(examples, verbose=0)
        with pytest.raises(tfgmmgan.UserError, match=r"must be|in \[0, 4\); got 0 to 4"):
            model.fit(examples, np.arange(80) % 5, verbose=0)
        with pytest.raises(tfgmmgan.UserError, match="expected 80 integer class ids; got float64"):
            model.fit(examples, np.zeros(80), verbose=0)
        with pytest.raises(tfgmmgan.UserError, match=r"give it batches of \(examples, labels\)"):
            model.fit(tf.data.Dataset.from_tensor_slices(examples).batch(8), verbose=0)
        with pytest.raises(tfgmmgan.UserError, match=r"learns from labels .* has none. Give labels, or choose a model"):
            build_model(small_config(name), (8, 8, 1))


def test_wasserstein_weights_stay_in_their_box():
    model = make("gan", (8, 8, 1), model__adversarial_loss="wasserstein", model__weight_clip=0.01)
    model.fit(examples_of("grey"), batch_size=8, verbose=0)
    for group in model.discriminator_groups:
        for weight in model.group_variables(group):
            assert np.abs(weight).max() <= 0.01 + 1e-9, weight.path
    assert max(np.abs(weight).max() for weight in model.group_variables("generator")) > 0.01


def test_a_spectrally_normalised_critic_needs_no_box():
    model = tfgmmgan.GAN((32, 32, 3), latent_dim=3, width=1 / 64, architecture="resnet", adversarial_loss="wasserstein")
    assert model.weight_clip == 0 and type(model.discriminator.head).__name__ == "SpectralDense"
    head = model.discriminator
    before = head.head.u.numpy()
    features = tf.random.stateless_normal([4, head.encoder.compute_output_shape((1, 32, 32, 3))[-1]], [0, 1])
    head.scores(features)
    np.testing.assert_array_equal(head.head.u, before)
    head.scores(features, training=True)
    assert (head.head.u.numpy() != before).any()


def test_critic_steps_see_real_examples_of_their_own():
    seen = []

    class Watched(tfgmmgan.GAN):
        def discriminator_loss(self, forward):
            seen.append((forward.real.numpy(), forward.fake.numpy()))
            return super().discriminator_loss(forward)

    model = Watched((2,), latent_dim=3, width=0.1, update_order="alternating", critic_steps=3)
    model.compile(run_eagerly=True)
    points = np.arange(20, dtype=np.float32).reshape(10, 2)
    model.fit(points, batch_size=10, shuffle=False, verbose=0)  # 3 parts of 3; the tenth is left out
    np.testing.assert_array_equal(np.concatenate([real for real, _ in seen]), points[:9])
    assert len({fake.tobytes() for _, fake in seen}) == 3
    steps = [int(each.iterations.numpy()) for each in (model.discriminator_optimizer, model.optimizer)]
    assert steps == [3, 1]
    with pytest.raises(tfgmmgan.UserError, match="A batch of 2 can't be cut in 3 parts"):
        model.fit(points[:2], batch_size=2, verbose=0)
    with pytest.raises(tfgmmgan.UserError, match=r"critic_steps \(3\) needs update_order='alternating'"):
        tfgmmgan.GAN((2,), critic_steps=3)


def test_the_registry_s_names_are_in_the_command_line_s_help():
    for name in MODELS:
        assert name in arguments(RunOptions)["model"].help


def longest_line(of):
    """The classes from `of` up to and including keras.Model, on the longest way over their bases."""
    if of is keras.Model:
        return 1
    return max((1 + longest_line(base) for base in of.__bases__ if issubclass(base, keras.Model)), default=0)


@pytest.mark.parametrize("name", MODELS)
def test_a_reader_holds_four_classes_in_mind_at_most(name):
    assert longest_line(MODELS[name]) <= 4


@pytest.mark.parametrize("name", MODELS)
def test_what_a_system_says_of_itself(name):
    of = MODELS[name]
    assert of.capabilities == CAPABILITIES.get(name, set())
    assert set(of.discriminator_groups) < set(of.groups)
    steps = [base for base in of.__mro__ if "train_step" in vars(base) and base.__module__.startswith("tfgmmgan")]
    assert steps == [Trainer]
    model = make(name, (8, 8, 1))
    owned = [variable.path for group in model.groups for variable in model.group_variables(group)]
    assert len(owned) == len(set(owned))  # no weight is of two groups
    for term in model.loss_terms().values():
        assert set(term.trains) <= set(model.groups)
    examples = examples_of("grey")[:3]
    if "responsibilities" not in of.capabilities:
        with pytest.raises(tfgmmgan.UserError, match="does not say p"):
            model.responsibilities(examples)
    else:
        assert model.responsibilities(examples).shape == (3, model.num_components)
        assert model.responsibilities_by in ("classifier", "mixture")
