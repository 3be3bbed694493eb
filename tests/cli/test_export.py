"""`python -m tfgmmgan export`: what it writes where, and one line for each mistake."""

import json

import keras
import pytest

from tfgmmgan.cli import run_command
from tfgmmgan.cli.export import command
from tfgmmgan.training import loading, make_config
from tfgmmgan.training.yaml_files import write_yaml


@pytest.fixture
def run(tiny_gmmgan, tmp_path, monkeypatch):
    """A run whose model need not be trained, and whose second kind has a name."""
    folder = tmp_path / "run"
    folder.mkdir()
    write_yaml({"version": "0.2.0", **make_config("gmmgan", "digits").heeded()}, folder / "config.yaml")
    kinds = [{"cluster": kind, "name": name} for kind, name in enumerate(["", "one", ""])]
    (folder / "summary.json").write_text(json.dumps({"kinds": kinds}))
    asked = []
    monkeypatch.setattr(loading, "load_model", lambda *given: asked.append(given) or tiny_gmmgan())
    return folder, asked


def test_a_format_is_written_below_the_run(run, capsys):
    folder, asked = run
    assert run_command(command, [str(folder), "--format", "keras", "--checkpoint", "best"], "x") == 0
    assert asked == [(str(folder), "best")] and capsys.readouterr().out == f"Wrote {folder / 'keras'}.\n"
    assert json.loads((folder / "keras" / "model.json").read_text())["names"] == ["", "one", ""]
    assert keras.models.load_model(folder / "keras" / "generator.keras").data_shape == (8, 8, 1)
    assert run_command(command, [str(folder), "--format", "keras"], "x") == 2
    assert "keras is not an empty directory" in capsys.readouterr().err


@pytest.mark.slow
def test_a_saved_model_is_the_next_version(run, tmp_path):
    folder, _ = run
    for version in ("1", "2"):
        assert run_command(command, [str(folder), "--format", "savedmodel", "--output", str(tmp_path)], "x") == 0
        assert (tmp_path / version / "saved_model.pb").is_file()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "The following arguments are required: --format."),
        (["--format", "pickle"], "--format: invalid choice: 'pickle'"),
        (["--format", "onnx", "--precision", "int8"], "--precision int8 is for --format tflite; got --format onnx."),
        (["--format", "keras", "--precision", "float16"], "is for --format onnx or tflite; got --format keras."),
        (["--format", "web", "--runtime", "nowhere"], "nowhere holds no onnxruntime-web, which runs the model"),
    ],
)
def test_mistakes_are_one_line(options, says, run, capsys):
    folder, _ = run
    before = sorted(folder.iterdir())
    assert run_command(command, [str(folder), *options], "x") == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1
    assert sorted(folder.iterdir()) == before
