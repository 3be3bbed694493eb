import json
import subprocess
import sys
from pathlib import Path


def test_runs_at_tiny_size(tmp_path):
    command = [sys.executable, "-m", "benchmarks.estimators", "--width", "0.05", "--batch_size", "20"]
    command += ["--rounds", "2", "--draws", "3", "--json", tmp_path / "a.json"]
    root = Path(__file__).parents[2]
    out = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    assert "stratified" in out and "paired" in out
    rows = json.loads((tmp_path / "a.json").read_text())["rows"]
    assert {row["estimator"] for row in rows} == {"stratified", "paired"}
    assert all(row["ms_per_step"] > 0 and row["relative_variance"]["generator"] > 0 for row in rows)
