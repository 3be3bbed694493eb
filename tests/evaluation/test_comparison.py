import base64
import re

import pytest

from tfgmmgan.evaluation import aggregate
from tfgmmgan.evaluation.comparison import (
    DIFFERENT,
    beside_published,
    comparison_table,
    write_comparison,
)

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PUBLISHED = (
    "ACC 0.9 +- 0.1, FID 3 (X, Table 1)",
    {"ACC": (0.9, 0.1), "FID": (3.0, None)},
    {"ACC": "test.clustering.kmeans.acc", "FID": "image_quality.prior.inception.frechet_distance"},
)


def card(seed, acc, model="gmmgan", dataset="d", name=None, data=None, **options):
    return {
        "run": {
            "name": name or f"r{seed}",
            "epochs": 3,
            "minutes": 1.0,
            "config": {"model": {"name": model, **options}, "dataset": dataset, "data": data, "seed": seed},
        },
        "test": {"num_examples": 10, "clustering": {"kmeans": {"acc": acc}}},
        "versions": {"x": "1"},
        "seconds": {"total": 5.0},
        "notes": ["A note."],
    }


GMMGAN, GAN = [card(0, 0.5, width=1), card(1, 0.7, width=1)], [card(0, 0.25, "gan")]


def test_methods_have_a_column_each():
    lines = comparison_table([aggregate(GMMGAN), aggregate(GAN)]).splitlines()
    assert lines[:2] == ["gmmgan: 2 runs, seeds 0, 1", "gan: 1 run, seed 0"]
    assert lines[2].split() == ["d", "gmmgan", "gan"]
    assert lines[3].split() == ["test.clustering.kmeans.acc", "0.6000", "±", "0.1414", "0.2500"]


def test_of_one_model_the_runs_are_named():
    together = [aggregate([card(0, 0.5, name="wide")]), aggregate([card(0, 0.5, name="narrow")])]
    assert comparison_table(together).splitlines()[2].split(maxsplit=1)[1].split("  ")[0] == "gmmgan, wide"


def test_the_page_has_scores_options_pictures_and_links(tmp_path):
    picture = tmp_path / "samples.png"
    picture.write_bytes(PNG)
    write_comparison(tmp_path / "a.html", [GMMGAN, GAN], ["report-1.html", "report-2.html"], [picture, tmp_path / "no"])
    text = (tmp_path / "a.html").read_text()
    rows = [re.findall(r"<t[dh]>(.*?)</t[dh]>", row) for row in re.findall(r"<tr.*?>.*?</tr>", text, re.DOTALL)]
    assert ["test · clustering · kmeans · acc", "0.6000 ± 0.1414", "0.2500"] in rows
    assert ["model.name", "gmmgan", "gan"] in rows and ["model.width", "1", "-"] in rows
    assert not any(row and row[0] in ("dataset", "seed") for row in rows)
    assert text.count("data:image/png") == 1 and 'href="report-2.html"' in text
    assert DIFFERENT not in text and 'lang="en"' in text and "2 methods on d" in text


def test_of_one_model_and_name_they_are_numbered():
    together = [aggregate([card(0, 0.5, width=width)]) for width in (1, 2)]
    assert comparison_table(together).splitlines()[0] == "gmmgan, r0 (1): 1 run, seed 0"


@pytest.mark.parametrize("other", [card(0, 0.5, "gan", "other"), card(0, 0.5, "gan", data={"path": "b"})])
def test_different_data_are_said_to_be(other, tmp_path):
    groups = [GMMGAN, [other]]
    assert comparison_table([aggregate(group) for group in groups]).splitlines()[0] == DIFFERENT
    write_comparison(tmp_path / "a.html", groups, ["1", "2"])
    assert DIFFERENT in (tmp_path / "a.html").read_text()


def test_cells_never_touch():
    rows = comparison_table([aggregate([card(0, -1e9), card(1, 1e9)]), aggregate(GAN)]).splitlines()
    assert "  0.0000 ± 1414213562.3731  " in rows[3] and len({len(row) for row in rows[2:]}) == 1


@pytest.mark.parametrize("in_terminal", [True, False])
def test_beside_the_published(in_terminal):
    said, block = beside_published(*PUBLISHED, GMMGAN, aggregate(GMMGAN))
    text = said if in_terminal else str(block)
    for words in ("not measured", "X, Table 1", "3 epochs", "10 test examples", "0.9 +- 0.1", "0.6000", "0.1414"):
        assert words in text, words
    assert "0.5000, 0.7000" in text
    of_errors = PUBLISHED[0] + "; mean and standard error of 10 models"
    said, block = beside_published(of_errors, *PUBLISHED[1:], GMMGAN, aggregate(GMMGAN))
    assert "0.1000" in said and "STD" not in said and "standard error" in str(block) and "0.1414" not in str(block)
    if in_terminal:
        assert "0.9 +- 0.1        0.6000    0.1414   0.5000, 0.7000" in text and text.endswith("A note.")
