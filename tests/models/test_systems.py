"""Every system of the registry, the same way: ten steps, save, load, go on, export, resume."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgmmgan
from tfgmmgan.models import MODELS, ForwardPass
from tfgmmgan.training import TrainConfig, runner, train
from tfgmmgan.training.build import build_model
from tfgmmgan.training.config_file import read_config

RNG = np.random.default_rng(0)
LABELS = np.arange(80) % 4
SHAPES = {"grey": (8, 8, 1), "colour": (8, 8, 3), "points": (2,)}


def examples_of(kind):
    if kind == "points":
        return RNG.normal(size=(80, 2)).astype(np.float32)
    return RNG.integers(0, 255, (80, *SHAPES[kind]), dtype=np.uint8)


def small_config(name, **options):
    config = read_config(model=name)  # with the system's own defaults
    config.model = name
    config.latent_dim, config.networks.width, config.batch_size = 5, 0.1, 4
    if name not in ("gan", "wgan_gp", "acgan"):
        config.num_components = 4
    for option, value in options.items():
        setattr(config, option, value)
    return config


def make(name, shape, **options):
    return build_model(small_config(name, **options), shape, num_classes=4)


@pytest.mark.parametrize(
    "kind", ["grey", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("colour", "points"))]
)
@pytest.mark.parametrize("name", MODELS)
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
    answer = served["generate"](
        component=tf.constant([last, 0]), variance_scale=tf.constant(1.0), seed=tf.constant([1, 0])
    )
    np.testing.assert_allclose(answer["examples"], model.generate(2, component=[last, 0], seed=1), atol=1e-5)
    floats = tf.constant(examples[:3], tf.float32) / (127.5 if kind != "points" else 1) - (kind != "points")
    for signature, output, expected in (
        ("responsibilities", "responsibilities", "responsibilities"),
        ("encode", "latents", "encode"),
        ("reconstruct", "examples", "reconstruct"),
    ):
        assert (signature in served) == hasattr(model, expected)
        if signature in served:
            found = served[signature](images=floats)[output]
            np.testing.assert_allclose(found, getattr(model, expected)(examples[:3]), atol=1e-4)
            assert (f"{signature}_uint8" in served) == (kind != "points")


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_a_resumed_run_ends_as_an_undisturbed_one(name, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "evaluate", lambda *arguments: {})  # these take most of the time and change nothing
    monkeypatch.setattr("tfgmmgan.training.callbacks.epoch_scores", lambda subject: {"criterion": 1.0})
    np.savez(tmp_path / "data.npz", images=examples_of("grey"), labels=LABELS)

    def run(epochs, output, **kwargs):
        config = small_config(name, dataset="arrays", epochs=epochs)
        config.data.path, config.evaluation.every_epochs = str(tmp_path / "data.npz"), 0
        return train(config, str(tmp_path / output), **kwargs)

    run(1, "stopped")
    resumed, _ = run(3, "stopped", resume=True)
    whole, _ = run(3, "whole")
    for one, two in zip(*(keras.models.load_model(each.model).weights for each in (resumed, whole)), strict=True):
        np.testing.assert_array_equal(one, two, err_msg=one.path)
    assert {path.name for path in resumed.serving.iterdir()} == {"1", "2"}


LOSSES = ("minimax", "hinge", "wasserstein", "wasserstein_gp")


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", MODELS)
def test_any_adversarial_loss_goes_with_any_system(name, loss):
    """One step of D and one of G, both finite, both with gradients; the Wasserstein losses' constraints are kept."""
    config = small_config(name)
    config.losses.adversarial = loss
    model = build_model(config, (8, 8, 1), num_classes=4)
    real = tf.constant(examples_of("grey")[:8], tf.float32) / 127.5 - 1
    fakes = model.fakes_per_component(8)
    labels = tf.constant(LABELS[:8]) if model.needs_labels else None
    losses, gradients = model.losses_and_gradients(ForwardPass(model, real, labels, tf.constant([0, 1]), fakes))
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
    config = small_config("gan")
    config.losses.adversarial = "wasserstein"
    model = build_model(config, (8, 8, 1))
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
        assert name in TrainConfig.__doc__
