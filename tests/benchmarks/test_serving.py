"""The benchmark of `serve` at tiny size: it runs, and sees a right server as one."""

import json

import numpy as np
import pytest

import tfgmmgan
from benchmarks import serving


def test_what_is_the_same_answer():
    expected = {"examples": np.zeros((2, 3)), "component": np.array([1, 2])}
    assert serving.is_same({**expected, "examples": np.full((2, 3), 5e-5)}, expected)
    assert not serving.is_same({**expected, "examples": np.full((2, 3), 0.01)}, expected)
    assert not serving.is_same({**expected, "component": np.array([1, 3])}, expected)
    assert not serving.is_same({"examples": expected["examples"]}, expected)


@pytest.mark.slow
def test_serving(tiny_modegan, tmp_path):
    tfgmmgan.export(tiny_modegan(num_components=4), tmp_path / "serving")
    size = ["--clients", "6", "--minutes", "0.1", "--batches", "1", "3", "--rounds", "2"]
    result = serving.main([str(tmp_path), *size, "--json", str(tmp_path / "a.json")])
    assert json.loads((tmp_path / "a.json").read_text()) == result
    assert {(row["batch"], row["by"]) for row in result["lone"]} == {
        (batch, by) for batch in (1, 3) for by in ("SavedModel", "Rest", "Grpc")
    }
    load = result["load"]
    assert load["answered"] > 6 and load["exit_code"] == 0
    assert load["wrong"] == load["errors_before_sigterm"] == 0
