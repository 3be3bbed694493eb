"""A little of each campaign; docs/reliability.md has the figures of the whole ones."""

import importlib.util
from pathlib import Path

import pytest


def campaign(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.campaign


@pytest.mark.slow
def test_kills(tmp_path):
    assert campaign("kills")(2, seed=1, folder=tmp_path, strategies=("none",)) == []


@pytest.mark.slow
def test_malformed_inputs(tmp_path):
    assert campaign("inputs")(300, seed=0, folder=tmp_path) == []


@pytest.mark.slow
def test_odd_surroundings(tmp_path):
    names = ("a full output", "a closed output", "two processes on one place")
    assert campaign("surroundings")(tmp_path, names) == []


@pytest.mark.slow
def test_an_exported_model_under_use(tmp_path):
    assert campaign("serving")(200, 400, tmp_path) == []
