import pytest
import tensorflow as tf

from tfgmmgan.training import TrainConfig, hardware
from tfgmmgan.training.build import build_model
from tfgmmgan.utils.errors import UserError


@pytest.mark.parametrize(
    ("flags", "found"), [("fpu avx512_bf16 sse", True), ("fpu amx_bf16", True), ("fpu avx512f", False)]
)
def test_cpus(flags, found, monkeypatch):
    monkeypatch.setattr("pathlib.Path.read_text", lambda path: f"flags\t\t: {flags}\n")
    assert hardware.has_bfloat16() is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("model name\t: AMD EPYC\nflags\t\t: fpu avx2 sse\n", "AMD EPYC, AVX2"),
        ("model name\t: Xeon\nflags\t\t: avx2 avx512f\n", "Xeon, AVX-512"),
        ("Features\t: fp asimd\n", "NEON"),
    ],
)
def test_what_a_processor_is_called(text, found, monkeypatch):
    monkeypatch.setattr("pathlib.Path.read_text", lambda path: text)
    assert hardware.processor() == found


def test_no_linux_no_bfloat16(monkeypatch):
    def missing(path):
        raise FileNotFoundError

    monkeypatch.setattr("pathlib.Path.read_text", missing)
    assert not hardware.has_bfloat16()


@pytest.mark.parametrize(("capability", "found"), [((8, 0), True), ((7, 5), False), (None, False)])
def test_gpus(capability, found, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["a gpu"])
    monkeypatch.setattr(
        tf.config.experimental,
        "get_device_details",
        lambda gpu: {"compute_capability": capability} if capability else {},
    )
    assert hardware.has_bfloat16() is found


@pytest.mark.parametrize("has", [False, True])
def test_auto_is_replaced(has, monkeypatch):
    monkeypatch.setattr(hardware, "has_bfloat16", lambda: has)
    config = hardware.resolved(TrainConfig({"precision": "auto"}))
    assert (config["precision"], config["jit"]) == ("bfloat16" if has else "float32", False)
    assert dict(hardware.resolved(config)) == dict(config)
    assert hardware.resolved(TrainConfig({}))["precision"] == "float32"
    asked = TrainConfig({"precision": "float32", "jit": True})
    assert dict(hardware.resolved(asked)) == dict(asked)
    model = build_model(TrainConfig({"model": "gan", "precision": "auto"}), (8, 8, 1))
    assert model.generator.dtype_policy.name == ("mixed_bfloat16" if has else "float32") and not model.jit_compile


def test_xla_on_a_single_gpu(monkeypatch):
    for count, strategy, expected in ((1, "none", True), (2, "none", False), (1, "mirrored", False)):
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None, count=count: ["gpu"] * count)
        config = TrainConfig({"precision": "float32", "strategy": strategy})
        assert hardware.resolved(config)["jit"] is expected


@pytest.mark.parametrize("options", [{"jit": True}, {"steps_per_execution": 2}])
def test_a_strategy_goes_with_neither(options):
    with pytest.raises(UserError, match="--strategy mirrored takes neither"):
        TrainConfig({"strategy": "mirrored", **options})
