"""The speed benchmarks at tiny size: they run, and say what they say they say."""

import json

import pytest

from benchmarks import evaluation, fit, generate, input_pipeline, run_times, subclass_densities


def test_input_pipeline(tmp_path, capsys):
    arguments = ["--dataset", "no_such_dataset", "--files", "40", "--image_size", "8", "--batch_size", "4"]
    result = input_pipeline.main([*arguments, "--batches", "3", "--json", str(tmp_path / "a.json")])
    assert json.loads((tmp_path / "a.json").read_text()) == result
    assert [(row["source"], row["read"], row["shape"]) for row in result["rows"]] == [
        ("digits", "from memory", "8x8x1"),
        ("folder", "from memory", "8x8x3"),
        ("folder", "while training", "8x8x3"),
    ]
    assert all(row["images_per_second"] > 0 for row in result["rows"])
    assert "left out:" in capsys.readouterr().out


def test_generate(tmp_path):
    arguments = ["--width", "0.02", "--batches", "1", "3", "--calls", "2", "--json", str(tmp_path / "a.json")]
    rows = generate.main(arguments)["rows"]
    assert [(row["by"], row["batch"]) for row in rows] == [
        (name, batch) for name in ("model.generate", "SavedModel") for batch in (1, 3)
    ]
    for row in rows:
        assert 0 < row["p50_ms"] <= row["p99_ms"] and row["images_per_second"] > 0


def test_fit(tmp_path):
    result = fit.main(["--dataset", "digits", "--width", "0.02", "--block", "2", "--rounds", "2"])
    assert result["steps"] == 12 and result["seconds_to_first_step"] > 0 and result["peak_mib"] > 100
    times = result["ms_per_step"]
    assert result["overhead"] == pytest.approx(times["fit"] / times["bare"] - 1)


@pytest.mark.slow
def test_evaluation(tmp_path):
    result = evaluation.main(["--width", "0.05", "--samples", "40", "--json", str(tmp_path / "a.json")])
    assert json.loads((tmp_path / "a.json").read_text()) == result
    empty, full = result["empty"]["seconds"], result["full"]["seconds"]
    assert full["total"] < empty["total"] and result["empty"]["peak_gib"] <= result["full"]["peak_gib"]


def test_run_times(tmp_path):
    configs = [str(run_times.CONFIGS / f"{name}.yaml") for name in ("digits", "papers/gm_gan/table_3")]
    rows = run_times.main([*configs, "--width", "0.02", "--rounds", "1", "--measure", "1e9"])["rows"]
    table = "papers/gm_gan/table_3.yaml"
    assert [row["config"] for row in rows] == ["digits.yaml", f"{table} mnist", f"{table} fashion_mnist"]
    assert rows[0]["steps"] == 150 * (1438 // 64)
    for row in rows:
        assert row["hours"] == pytest.approx(row["steps"] * row["ms_per_step"] / 3.6e6) and row["measured"]
    options = [configs[0], "--width", "0.02", "--measure", "0"]
    (row,) = run_times.main(options)["rows"]
    assert row["ms_per_step"] is None and row["gflop"] == rows[0]["gflop"] and not row["measured"]
    (row,) = run_times.main([*options, "--rate", "2"])["rows"]
    assert row["ms_per_step"] == pytest.approx(1000 * row["gflop"] / 2)


def test_every_config_s_dataset_is_known():
    configs = dict(found for path in run_times.shipped() for found in run_times.configs_of(path))
    assert len(configs) > 50
    rest = {*run_times.CONFIGS.rglob("*.yaml")} - {*run_times.shipped()}
    assert {path.parent.name for path in rest} == {"modegan"}  # over their datasets'
    assert {config["dataset"] for config in configs.values()} <= {*run_times.DATASETS, "folder"}
    assert run_times.describe(configs["digits.yaml"]) == ((8, 8, 1), 1438, 10)


def test_subclass_densities(capsys):
    found = subclass_densities.main(["--num", "5", "--subclasses", "2", "--latent_dim", "4"])
    assert set(found) == {"ours", "tfp"} and min(found.values()) > 0
    assert "ours" in capsys.readouterr().out
