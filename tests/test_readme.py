"""The README's Python runs as it stands there; its commands are what .ci/run runs."""

import re
from pathlib import Path

import numpy as np
import pytest

import tfgmmgan
from tfgmmgan.cli import run_command
from tfgmmgan.cli.train import command
from tfgmmgan.training.config import TrainConfig, flatten

MODELS_BEFORE = list(tfgmmgan.MODELS)
README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"^### (.*?)$|^## (.*?)$|^```python\n(.*?)^```", README, re.M | re.S)


def python_blocks():
    title = ""
    for subsection, section, code in BLOCKS:
        title = subsection or section or title
        if code:
            yield pytest.param(code, id=title.split(":")[0])


@pytest.mark.parametrize("code", python_blocks())
def test_python_blocks_run(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tfgmmgan.MODELS, "_entries", dict(tfgmmgan.MODELS._entries))  # forget what is added
    names = {}
    exec(compile(code, "README.md", "exec"), names)
    models = [value for value in names.values() if isinstance(value, tfgmmgan.LatentGAN)]
    classes = [v for v in names.values() if isinstance(v, type) and issubclass(v, tfgmmgan.LatentGAN)]
    models += [cls((8, 8, 1)) for cls in classes]
    assert models
    for model in models:  # what is built there also trains
        model.compile()
        losses = model.fit(tfgmmgan.load_data("digits").train.examples[:32], batch_size=16, verbose=0).history
        assert {"discriminator_loss", "generator_loss"} <= set(losses)
        assert all(np.isfinite(values).all() for values in losses.values())


def test_ten_lines_each():
    extending = [code for code in python_blocks() if "class " in code.values[0] or "Discriminator(" in code.values[0]]
    assert len(extending) == 4
    for code in extending:
        lines = [line for line in code.values[0].splitlines() if line and not line.startswith(("import", "from"))]
        assert len(lines) <= 12


def test_a_system_of_one_s_own_is_a_model_of_the_command_line(tmp_path, monkeypatch):
    (code,) = [code.values[0] for code in python_blocks() if "MODELS.add" in code.values[0]]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tfgmmgan.MODELS, "_entries", dict(tfgmmgan.MODELS._entries))
    exec(compile(code, "README.md", "exec"), {})
    (name,) = set(tfgmmgan.MODELS) - set(MODELS_BEFORE)
    arguments = ["--model", name, "--epochs", "1", "--output", "run", "--networks.width", "0.1"]
    assert run_command(command, arguments, "train.py") == 0
    _, config, model, _ = tfgmmgan.load_run("run")
    assert config.model == name and type(model) is tfgmmgan.MODELS[name]
    assert "feature_loss" in (tmp_path / "run" / "history.csv").read_text()


def test_options_named_in_the_readme_exist():
    known = {*flatten(TrainConfig()), "output", "resume", "config", "help"}
    known |= {"component", "variance_scale", "truncation", "normal", "seeds"}  # of sample and reproduce
    assert set(re.findall(r"(?<![\w-])--([a-z_.]+)", README)) <= known


def test_the_two_commands_stand_in_the_readme():
    assert "pip install -e . && python train.py\n" in README
    assert 'pip install -e ".[test]" && pytest\n' in README
