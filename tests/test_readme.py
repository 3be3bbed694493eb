"""The README's Python runs as it stands there; its commands are what .ci/run runs."""

import re
from pathlib import Path

import numpy as np

import tfgmmgan
from tfgmmgan.training.options import known_options

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"^```python\n(.*?)^```", README, re.M | re.S)
    names = {}
    exec(compile(code, "README.md", "exec"), names)
    labels = names["data"].train.labels
    clusters = names["clusterer"].labels_
    assert tfgmmgan.evaluation.accuracy(labels, clusters) > 0.85  # no label was given
    np.testing.assert_array_equal(names["model"].responsibilities(names["images"]).argmax(axis=1), clusters)
    assert (tmp_path / "model.keras").is_file() and (tmp_path / "serving" / "1" / "saved_model.pb").is_file()
    assert len([line for line in code.splitlines() if line]) <= 15


def test_options_named_in_the_readme_exist():
    known = {*known_options(), "output", "resume", "config", "help"}
    known |= {"component", "variance_scale", "truncation", "normal", "seeds", "rows", "format"}  # of other commands
    assert set(re.findall(r"(?<![\w-])--([a-z_.]+)", README)) <= known


def test_the_two_commands_stand_in_the_readme():
    assert "pip install -e . && python train.py\n" in README
    assert 'pip install -e ".[test]" && pytest\n' in README


def test_it_is_short():
    assert len(README.splitlines()) <= 150
