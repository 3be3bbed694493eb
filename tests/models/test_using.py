"""What a trained model does: generate, interpolate, responsibilities, save, load, go on."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

import tfgmmgan
from tfgmmgan import UserError


def test_generate(tiny_gmmgan):
    model = tiny_gmmgan()
    first = model.generate(6, seed=3)
    assert first.shape == (6, 8, 8, 1) and first.dtype == np.float32 and np.abs(first).max() <= 1
    np.testing.assert_array_equal(first, model.generate(6, seed=3))
    assert (first != model.generate(6, seed=4)).any()
    assert (model.generate(2) != model.generate(2)).any()
    assert model.generate(0).shape == (0, 8, 8, 1)


def test_generate_from_components(tiny_gmmgan):
    model = tiny_gmmgan()
    each = model.generate(3, component=[0, 1, 2], seed=1)
    np.testing.assert_allclose(model.generate(3, component=1, seed=1)[1], each[1], atol=1e-6)
    still = model.generate(4, component=2, variance_scale=0, seed=1)
    np.testing.assert_allclose(still, np.broadcast_to(still[:1], still.shape), atol=1e-6)
    expected = model.decode(model.prior.loc[2:3])
    np.testing.assert_allclose(still[:1], expected, atol=1e-5)


def test_chunks_do_not_change_what_is_drawn(tiny_gmmgan):
    model = tiny_gmmgan()
    z = model.prior.sample(20, [0, 1])
    np.testing.assert_allclose(model.decode(z, batch_size=3), model.decode(z, batch_size=20), atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 2, "component": 3}, "component must be in"),
        ({"n": 2, "component": -1}, "component must be in"),
        ({"n": 2, "component": [0, 1, 2]}, "one integer or 2 of them"),
        ({"n": -1}, "must be finite and not negative"),
        ({"n": 1, "variance_scale": -0.1}, "must be finite and not negative"),
    ],
)
def test_generate_refuses(tiny_gmmgan, arguments, message):
    with pytest.raises(ValueError, match=message):
        tiny_gmmgan().generate(**arguments)


def test_interpolation_ends_at_the_modes_under_the_same_noise(tiny_gmmgan):
    model = tiny_gmmgan()
    path = model.interpolate([[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0]], seed=2)
    again = model.interpolate([[0, 1, 0]], seed=2)
    np.testing.assert_allclose(path[2], again[0], atol=1e-6)
    assert (path[0] != path[2]).any()
    for bad, message in (
        ([[1, 0]], "shape"),
        ([[0.5, 0.2, 0.2]], "sum to 1"),
        ([[2, -1, 0]], "non-negative"),
    ):
        with pytest.raises(ValueError, match=message):
            model.interpolate(bad)


def test_responsibilities(tiny_gmmgan, images):
    model = tiny_gmmgan()
    found = model.responsibilities(images)
    assert found.shape == (24, 3)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(found, model.responsibilities(images.astype(np.float32) / 127.5 - 1), atol=1e-5)
    np.testing.assert_allclose(found, model.predict(images, verbose=0), atol=1e-5)
    np.testing.assert_allclose(found, model.responsibilities(images, batch_size=5), atol=1e-5)
    with pytest.raises(ValueError, match=r"shape \(8, 8, 1\); got"):
        model.responsibilities(images[:, :4])


def test_saved_model_loads_with_keras_alone_and_goes_on(tiny_gmmgan, images, tmp_path):
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([2], [0.0, 1.0])
    model = tiny_gmmgan(estimator="paired", posterior_consistency=schedule)
    model.fit(images, batch_size=8, verbose=0, shuffle=False)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.get_config().keys() == model.get_config().keys()
    assert loaded.estimator == "paired" and loaded.posterior_consistency.values == [0.0, 1.0]
    for ours, theirs in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(loaded.generate(3, seed=1), model.generate(3, seed=1), atol=1e-6)
    for one in (model, loaded):  # optimizer states and the step number came along
        one.fit(images, batch_size=8, verbose=0, shuffle=False)
    for ours, theirs in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_custom_networks_are_saved_with_the_model(images, tmp_path):
    encoder = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(6, "relu")])
    generator = keras.Sequential([keras.Input((4,)), keras.layers.Dense(64, "tanh"), keras.layers.Reshape((8, 8, 1))])
    classifier = keras.layers.Dense(3)
    model = tfgmmgan.GMMGAN(
        (8, 8, 1),
        num_components=3,
        latent_dim=4,
        generator=generator,
        discriminator=tfgmmgan.Discriminator(encoder),
        classifier=classifier,
    )
    model.compile("sgd", discriminator_optimizer="sgd")
    model.fit(images, batch_size=8, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.generator) is keras.Sequential and isinstance(
        loaded.discriminator_optimizer, keras.optimizers.SGD
    )
    np.testing.assert_allclose(loaded.responsibilities(images), model.responsibilities(images), atol=1e-6)
    np.testing.assert_allclose(loaded.generate(3, seed=1), model.generate(3, seed=1), atol=1e-6)


def test_loads_in_a_process_that_only_imports_the_package(tiny_gmmgan, tmp_path):
    model = tiny_gmmgan()
    model.save(tmp_path / "model.keras")
    script = (
        "import tfgmmgan, keras, sys; model = keras.models.load_model(sys.argv[1]); print(type(model).__name__, "
        "float(model.generate(2, seed=1).sum()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "model.keras"], capture_output=True, text=True, check=True
    )
    name, total = done.stdout.split()
    assert name == "GMMGAN"
    assert float(total) == pytest.approx(float(model.generate(2, seed=1).sum()), rel=1e-4)


def test_a_model_of_before_a_fork_says_so_and_does_not_hang(tiny_gmmgan):
    model = tiny_gmmgan()
    model.generate(2)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            model.generate(2)
        except UserError as error:
            os.write(write, str(error).encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    assert b"made before this process was forked" in os.read(read, 1000)
    os.close(read)
