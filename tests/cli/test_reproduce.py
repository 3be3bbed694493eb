"""`python -m tfgmmgan reproduce`: rows of a published table beside ours, and one line for every mistake."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from tfgmmgan import cli
from tfgmmgan.cli.reproduce import departing_options
from tfgmmgan.training.hardware import processor
from tfgmmgan.utils.errors import UserError

TABLE = """# python -m tfgmmgan reproduce table.yaml
source: a paper, Table 1
protocol: mean and standard error of 10 models
notes: The networks are ours.
compared_with:
  ACC: test.clustering.algorithm_2.acc
  FID: image_quality.prior.inception.frechet_distance
options:
  dataset: digits
  latent_dim: 4
  epochs: 1
  model: {width: 0.1}
  data: {classes: [0, 1, 3], class_fractions: "{3: 0.9}"}
  evaluation: {trade_off_samples: 0}
rows:
  few:
    title: the few
    published: {ACC: 0.9 +- 0.01, FID: 3.0}
    options: {model: {name: gmgan}, num_components: 3}
  none:
    title: no mixture
    published: {FID: 5.5}
    notes: Its prior is normal.
    options: {model: {name: gan}}
"""


@pytest.fixture
def reproduce(capsys, monkeypatch, tmp_path):
    """Return a function that runs `reproduce` in a folder with a table; it returns exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    Path("table.yaml").write_text(TABLE)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["tfgmmgan", "reproduce", *map(str, arguments)])
        try:
            code = cli.main()
        except SystemExit as exit:
            code = exit.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_a_row_over_seeds(reproduce):
    command = ("table.yaml", "--rows", "few", "--output", "rows", "--seeds")
    code, out, _ = reproduce(*command, 4)
    assert code == 0 and "rows/few/seed4: training" in out
    assert "Published: ACC 0.9 +- 0.01, FID 3.0; a paper, Table 1; the few; mean and standard error of 10 models" in out
    assert "Notes: The networks are ours." in out
    code, out, _ = reproduce(*command, 4, 5)
    assert code == 0 and "rows/few/seed4: done before." in out and "rows/few/seed5: training" in out
    values = [json.loads(Path(f"rows/few/seed{seed}/scorecard.json").read_text()) for seed in (4, 5)]
    values = [card["test"]["clustering"]["algorithm_2"]["acc"] for card in values]
    line = f"{np.mean(values):.4f}    {np.std(values, ddof=1) / 2**0.5:.4f}   {values[0]:.4f}, {values[1]:.4f}"
    assert line in out and "ACC, training  " in out and "not measured" in out and "3 components" not in out
    mean, spread = np.mean(values), np.std(values, ddof=1) / 2**0.5  # the table gives standard errors
    last = (
        f"few: ACC 0.9, ours {mean:.4f} ± {spread:.4f}, off by {mean - 0.9:+.4f}; FID 3, ours not measured; 2 seeds, "
    )
    assert out.splitlines()[-1].startswith(last) and out.endswith(f" minutes each on {processor()}\n")
    together = json.loads(Path("rows/few/aggregate.json").read_text())
    assert together["seeds"] == [4, 5] and together["row"] == "few" and together["notes"] == "The networks are ours."
    assert len(together["minutes"]) == 2 and together["epochs"] == 1 and together["processor"] == processor()
    assert together["published"].startswith("ACC 0.9 +- 0.01, FID 3.0; a paper, Table 1")
    assert Path("rows/few/report.html").is_file() and not Path("rows/none").exists()
    for arguments, message in (
        ((*command, 4, "--epochs", 2, "--batch_size", 32), "was made with other options"),
        ((*command, 4, "--seed", 3), "reproduce sets --seed itself"),
    ):
        code, _, err = reproduce(*arguments)
        assert code == 2 and message in err and err.count("\n") == 1


def test_all_rows_with_options_that_depart(reproduce):
    command = ("table.yaml", "--seeds", 4, "--batch_size", 32, "--model.width=0.05")
    code, out, _ = reproduce(*command)
    folder = f"saved_models/{Path.cwd().name}-table"
    assert code == 0 and f"{folder}/few/seed4: training" in out and f"{folder}/none/seed4: training" in out
    assert "FID 5.5; a paper, Table 1; no mixture" in out and "Its prior is normal." in out
    assert "Options that depart from table.yaml: --batch_size 32 --model.width=0.05" in out
    for row in ("few", "none"):
        assert json.loads(Path(f"{folder}/{row}/aggregate.json").read_text())["config"]["batch_size"] == 32
    code, out, _ = reproduce(*command)
    assert code == 0 and ": training" not in out and out.count("done before.") == 2


def test_what_was_stopped_goes_on(reproduce):
    command = ("table.yaml", "--rows", "none", "--seeds", 4, "--output", "rows")
    assert reproduce(*command)[0] == 0
    Path("rows/none/seed4/scorecard.json").unlink()
    code, out, _ = reproduce(*command, "--epochs", 2)
    assert code == 0 and "rows/none/seed4: going on" in out
    assert json.loads(Path("rows/none/seed4/scorecard.json").read_text())["run"]["epochs"] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.yaml"], "There is no config file missing.yaml"),
        (["table.yaml", "--seeds", "x"], "invalid int value"),
        (["table.yaml", "--rows", "few2"], "Unknown row of table.yaml 'few2'. Did you mean 'few'? Valid: few, none."),
        (["table.yaml", "--epohcs", "3"], "Did you mean 'epochs'?"),
        (["table.yaml", "--epochs"], "--epochs needs a value: --epochs VALUE"),
        (["table.yaml", "few"], "Expected --name value or --name=value; got 'few'"),
        (["table.yaml", "--config=mine.yaml"], "reproduce sets --config itself"),
        (["table.yaml", "--resume"], "reproduce sets --resume itself"),
        (["plain.yaml"], "plain.yaml is no published table, as those of configs/papers are: it has no 'source'"),
    ],
)
def test_mistakes_cost_no_training(arguments, message, reproduce):
    Path("plain.yaml").write_text("dataset: digits\n")
    code, out, err = reproduce(*arguments)
    assert code == 2 and message in err and err.count("\n") == 1 and out == ""
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["plain.yaml", "table.yaml"]


def test_departing_options():
    arguments = ["--epochs", "3", "--model.width=0.5", "--data.classes", "[0, 1]", "--data.path=a=b", "--shift", "-1"]
    assert departing_options(arguments) == {
        "epochs": "3",
        "model.width": "0.5",
        "data.classes": "[0, 1]",
        "data.path": "a=b",
        "shift": "-1",
    }
    assert departing_options([]) == {}
    with pytest.raises(UserError, match="needs a value"):
        departing_options(["--epochs", "--seeds"])
