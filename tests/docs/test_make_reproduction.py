"""docs/reproduction.md is what docs/make_reproduction.py makes of the papers' claims and the kept scores."""

import importlib.util
import json
import os
import re
from pathlib import Path

import pytest

from tfgmmgan.training.published import read_table
from tfgmmgan.training.yaml_files import read_yaml

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("make_reproduction", ROOT / "docs" / "make_reproduction.py")
ledger = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(ledger)
CLAIMS = read_yaml(ledger.LEDGER / "claims.yaml")
TABLES = {str(file.relative_to(ledger.PAPERS)): read_table(file) for file in ledger.PAPERS.glob("*/*.yaml")}
PAPERS = os.environ.get("TFGMMGAN_PAPERS")  # a folder with the papers as text; the gate has one
TEXTS = {
    "gm_gan": "gm-gan*",
    "gael": "gael*",
    "responsibility_learning": "responsibility-learning-iclr*",
    "poster": "*poster*",
}
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def test_the_committed_page_is_what_it_writes():
    assert (ROOT / "docs" / "reproduction.md").read_text() == ledger.make(), "run python docs/make_reproduction.py"


def test_every_row_of_the_configs_is_in_it_once():
    named = [item["row"] for paper in CLAIMS.values() for item in paper["items"] if "row" in item]
    rows = {f"{file} {row}" for file, table in TABLES.items() for row, one in table.rows.items() if one.values}
    assert rows <= set(named), rows - set(named)
    for name in named:
        file, _, row = name.partition(" ")
        TABLES[file].row(row)


def test_every_kept_score_is_shown_and_of_a_row():
    page = (ROOT / "docs" / "reproduction.md").read_text()
    kept = list(ledger.LEDGER.glob("*/*/*.json"))
    assert kept
    for path in kept:
        found = json.loads(path.read_text())
        table = f"{path.parents[1].name}/{path.parent.name}.yaml"
        row = TABLES[table].row(path.stem.split("--")[0])
        assert row.values or "thought" in item_of(f"{table} {row.name}")
        assert len(found["minutes"]) == len(found["seeds"])
        assert all(f"{found['scores'][at]['mean']:.4f}" in page for at in row.paths.values() if at in found["scores"])


def item_of(name):
    return next(item for paper in CLAIMS.values() for item in paper["items"] if item.get("row") == name)


@pytest.mark.skipif(not PAPERS, reason="TFGMMGAN_PAPERS names no folder with the papers")
@pytest.mark.parametrize("paper", CLAIMS)
def test_published_numbers_stand_in_the_paper(paper):
    texts = sorted(Path(PAPERS).glob(TEXTS[paper]))
    there = set(NUMBER.findall(" ".join(path.read_text() for path in texts)))
    assert there
    for item in CLAIMS[paper]["items"]:
        missing = set(NUMBER.findall(item["published"])) - there
        assert not missing, (item["where"], missing)
    for file, table in TABLES.items():
        if file.startswith(paper):
            for row in table.rows.values():
                stated = {number for pair in row.values.values() for number in pair if number is not None}
                for number in stated:
                    assert any(float(one) == number for one in there if one.count(".") < 2 and "," not in one), row.text


# -- how it is made, on a row of which all is known ---------------------------------------------------------------


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A ledger of one table, with a row that was made by three seeds at another width, and one that was not."""
    (tmp_path / "papers" / "some").mkdir(parents=True)
    table = tmp_path / "papers" / "some" / "table_1.yaml"
    table.write_text(
        "source: Some paper\nprotocol: mean and standard error of 10 models\ncompared_with: {ACC: test.acc}\n"
        "options: {dataset: digits, model: {name: gan}}\nrows:\n"
        "  made: {title: made, published: {ACC: 0.9 +- 0.1}}\n  other: {title: not made, published: {ACC: 0.8}}\n"
    )
    monkeypatch.setattr(ledger, "PAPERS", tmp_path / "papers")
    monkeypatch.setattr(ledger, "LEDGER", tmp_path / "ledger")
    (tmp_path / "ledger").mkdir()
    cost = {"config": "papers/some/table_1.yaml other", "gflop": 10.0, "steps": 7_200_000}
    (tmp_path / "ledger" / "run_times.json").write_text(json.dumps({"rows": [cost]}))
    rows = [
        '{where: "Table 1, made", published: "ACC 0.9", row: "some/table_1.yaml made", thought: "Small | networks."}',
        '{where: "Table 1, other", published: "ACC 0.8", row: "some/table_1.yaml other", needs: "CIFAR-10"}',
        '{where: "Fig. 1", published: "a curve", how: "not built"}',
    ]
    (tmp_path / "ledger" / "claims.yaml").write_text(
        "some:\n  title: Some paper\n  items:\n" + "".join(f"    - {row}\n" for row in rows)
    )
    config = read_table(table).row("made").config(**{"model.width": 0.5, "evaluation.samples": 7}).heeded()
    (tmp_path / "made").mkdir()
    score = {"mean": 0.7, "std": 0.3, "values": [0.4, 0.7, 1.0]}
    made = {"row": "made", "seeds": [0, 1, 2], "config": {**config, "seed": None}, "minutes": [2, 3, 4], "epochs": 5}
    made |= {"processor": "A CPU, AVX2", "versions": {}, "scores": {"test.acc": score, "test.other": score}}
    (tmp_path / "made" / "aggregate.json").write_text(json.dumps(made))
    return table


def test_a_row_that_was_run_and_rows_that_were_not(kept, tmp_path):
    assert ledger.keep(tmp_path / "made", kept, None) == tmp_path / "ledger" / "some" / "table_1" / "made.json"
    page = ledger.make(tmp_path / "ledger")
    error = 0.3 / 3**0.5
    assert (
        f"| Table 1, made (`table_1.yaml made`) | ACC 0.9 | ACC 0.7000 ± {error:.4f} (n = 3) | -0.2000 | "
        "model.width 0.5 (1.0) | 3, A CPU, AVX2 | Small \\| networks. |"
    ) in page
    assert (
        "| Table 1, other (`table_1.yaml other`) | ACC 0.8 | not measured: needs 2.0 GPU hours a run; CIFAR-10 |"
        in page
    )
    assert "| Fig. 1 | a curve | not measured |  | not built |" in page
    ledger.keep(tmp_path / "made", kept, "narrow")
    assert ledger.make(tmp_path / "ledger").count("ACC 0.7000") == 2
