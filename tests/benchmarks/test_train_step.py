"""The step benchmark at tiny size; what it measures is what it says."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from benchmarks import train_step
from benchmarks.flops import count_flops
from benchmarks.literal import make_literal

TINY = ["--rounds", "1", "--width", "0.05", "--cases", "28x28x1", "--precisions", "float32"]


@pytest.mark.slow
def test_tensorflow(tmp_path, capsys):
    arguments = [*TINY, "--frameworks", "tensorflow", "--json", str(tmp_path / "a.json")]
    result = train_step.main([*arguments, "--variants", "literal", "stratified"])
    assert json.loads((tmp_path / "a.json").read_text()) == result
    rows = result["rows"]
    assert [(row["variant"], row["jit"]) for row in rows] == [
        ("literal", "graph"),
        ("literal", "xla"),
        ("stratified", "graph"),
        ("stratified", "xla"),
    ]
    assert set(rows[0]) >= {"framework", "precision", "case", "ms_per_step", "images_per_second", "gflops"}
    assert rows[0]["gflop"] > 5 * rows[2]["gflop"] and set(result["peaks"]["28x28x1"]["float32"]) == {
        "matmul",
        "convolution",
    }
    assert "times as fast as literal" in capsys.readouterr().out


def test_literal_calls_each_component_s_networks():
    models = [train_step.make_model("paired", "float32", (8, 8, 1), 6, 0.05) for _ in range(2)]
    models[1].set_weights(models[0].get_weights())
    make_literal(models[1], 6)
    calls = []
    inner = models[1].generator.blocks[0].call
    models[1].generator.blocks[0].call = lambda *a, **k: (calls.append(a[0].shape[0]), inner(*a, **k))[1]
    z = tf.constant(np.random.default_rng(0).standard_normal((60, 100)), tf.float32)
    images = [keras.ops.convert_to_numpy(model.generator(z, training=False)) for model in models]
    assert calls == [6] * 10
    np.testing.assert_allclose(images[0], images[1], atol=1e-5)
    losses = models[1].fit(np.zeros((12, 8, 8, 1), np.uint8), batch_size=6, verbose=0).history
    assert np.isfinite(losses["generator_loss"]).all()


def test_flops_are_those_of_the_tables():
    batch, fakes = 64, 70
    ours = train_step.make_model("stratified", "float32", (28, 28, 1), batch, 1.0)
    images = np.zeros((batch, 28, 28, 1), np.uint8)
    dense, first, second, third = 100 * 12544, 49 * 25 * 256 * 128, 49 * 25 * 128 * 64, 196 * 25 * 64
    generator = 3 * fakes * (dense + first + second + third)  # forward, and the gradients of weights and inputs
    conv_1, conv_2 = 196 * 25 * 64, 49 * 16 * 64 * 128
    encoder = batch * (2 * conv_1 + 3 * conv_2) + fakes * (3 * conv_1 + 4 * conv_2)  # fakes: once more for G's gradient
    assert count_flops(ours, tf.constant(images)) == pytest.approx(2 * (generator + encoder), rel=0.01)


@pytest.mark.slow
def test_pytorch():
    pytest.importorskip("torch")
    from benchmarks.torch_step import TorchGMMGAN

    settings = ["--frameworks", "pytorch", "--torch_settings", "eager", "eager channels_last"]
    rows = train_step.main([*TINY, *settings])["rows"]
    assert [(row["variant"], row["jit"]) for row in rows] == [
        (variant, jit) for variant in ("paired", "stratified") for jit in settings[3:]
    ]
    ours = train_step.make_model("stratified", "float32", (28, 28, 1), 4, 1.0)
    count = sum(weight.numel() for weight in TorchGMMGAN((28, 28, 1)).parameters())
    assert count == sum(int(np.prod(weight.shape)) for weight in ours.trainable_variables)
