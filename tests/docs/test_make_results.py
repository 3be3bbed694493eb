"""docs/results.md is what docs/make_results.py makes of the committed scorecards."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

DOCS = Path(__file__).parents[2] / "docs"
SPEC = importlib.util.spec_from_file_location("make_results", DOCS / "make_results.py")
make_results = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(make_results)


def test_the_committed_page_is_what_it_writes():
    assert (DOCS / "results.md").read_text() == make_results.make(), "run python docs/make_results.py"


def test_every_folder_with_scorecards_has_a_section():
    folders = {path.parent for path in (DOCS / "results").glob("*/scorecard-seed*.json")}
    assert folders and all((folder / "README.md").exists() for folder in folders)
    page = (DOCS / "results.md").read_text()
    for folder in folders:
        title, command = (folder / "README.md").read_text().split("\n\n")[:2]
        assert f"\n#{title}\n\n{command}\n" in page and command.startswith("    python train.py ")


def card(seed, acc, frechet=None, coverage=None):
    quality = {"frechet_distance": frechet} | ({"coverage": coverage} if coverage else {})
    return {
        "run": {"minutes": 2.5, "config": {"seed": seed}},
        "versions": {"tfgmmgan": "9", "python": "3", "tensorflow": "2", "keras": "3", "numpy": "1"},
        "test": {"clustering": {"classifier": {"acc": acc}}},
        "image_quality": {"prior": {"classifier": quality}} if frechet else {},
        "floor": {"classifier": {"frechet_distance": 0.5}},
    }


@pytest.fixture
def results(tmp_path):
    (tmp_path / "some").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "README.md").write_text("# No scorecards\n\n    python train.py\n")
    notes = "See [all](../../results.md#some-title).\n\n![Samples](samples.png)\n"
    (tmp_path / "some" / "README.md").write_text(f"# Some title\n\n    python train.py --seed SEED\n\n{notes}")
    for written in (card(0, 0.9, 3.0, 0.5), card(1, 0.7, 2.0), card(2, 0.95, 7.0, 0.8)):
        (tmp_path / "some" / f"scorecard-seed{written['run']['config']['seed']}.json").write_text(json.dumps(written))
    return tmp_path


def test_tables(results):
    page = make_results.make(results)
    accs, distances = np.array([0.9, 0.7, 0.95]), np.array([3.0, 2.0, 7.0])
    assert f"| mean ± std | {accs.mean():.4f} ± {accs.std(ddof=1):.4f} | - |" in page
    expected = f"{distances.mean():.3f} ± {distances.std(ddof=1):.3f}"
    covered = f"{0.65:.3f} ± {0.3 / np.sqrt(4) * np.sqrt(2):.3f} (2 of 3 seeds)"
    assert f"| generated, by the classifier | {expected} | {covered} |" in page
    assert "| real test images | 0.500 | - |" in page and "autoencoder |" not in page
    assert f"| [Some title](#some-title) | 3 | {accs.mean():.4f}" in page
    assert "| 1 | 0.7000 | 2.5 |" in page
    assert "](results/some/samples.png)" in page and "[all](results.md#some-title)" in page
    assert "No scorecards" not in page and page.count("Versions: tfgmmgan 9, python 3, tensorflow 2, keras 3.") == 1
