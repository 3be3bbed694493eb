"""From a folder to an answer."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from tests.kinds.conftest import QUICK
from tfgmmgan import UserError
from tfgmmgan.kinds import find_kinds, load_answer, predict_kinds
from tfgmmgan.kinds.table import read_table


def test_every_picture_has_its_row(answer, photos):
    _, folder = answer
    rows = read_table(folder / "clusters.csv")
    readable = [path for path in photos.rglob("*.png") if path.name != "broken.png"]
    expected = sorted(path.relative_to(photos).as_posix() for path in readable)
    assert sorted(row["path"] for row in rows) == expected and len(expected) == 62
    kinds = {int(row["path"][-6:-4]) % 3: set() for row in rows if row["path"][-6:-4].isdigit()}
    for row in rows:
        if "/" in row["path"]:
            kinds[int(row["path"][-6:-4]) % 3].add(row["cluster"])
    assert sorted(map(len, kinds.values())) == [1, 1, 1] and len(set.union(*kinds.values())) == 3
    odd = max(rows, key=lambda row: float(row["outlier_score"]))
    assert odd["path"] == "odd.png" and float(odd["outlier_score"]) > 2
    assert {row["path"]: row["duplicate_of"] for row in rows if row["duplicate_of"]} == {
        "left/01.png": "copy of 01.png"  # the first by name
    }
    unreadable = {row["path"]: row["reason"] for row in read_table(folder / "unreadable.csv", ("path", "reason"))}
    assert unreadable == {"broken.png": "damaged: no picture in it", "notes.txt": "no picture"}


def test_the_summary_counts(answer):
    found, folder = answer
    summary = json.loads((folder / "summary.json").read_text())
    (place,) = summary["paths"]  # as seen from the answer
    assert {**summary, "paths": [str((folder / place).resolve())]} == found.summary
    assert summary["pictures"] == 62 and summary["unreadable"] == 2 and summary["duplicates"] == 1
    assert summary["shape"] == [20, 20, 3] and summary["strange"] == 1
    assert sum(kind["pictures"] for kind in summary["kinds"]) == 62
    assert all(kind["clear"] and kind["runs_into"] == [] for kind in summary["kinds"])
    text = found.describe()
    assert text.startswith("62 pictures in 3 kinds:") and "3 of 3 kinds are clear" in text
    assert "1 picture is far from all others." in text and "2 files are no pictures" in text
    assert "Kinds of like size were looked for" in text and summary["entropy_penalty"] == 0
    told = type(found)(found.rows, {**found.summary, "entropy_penalty": 0.8}, found.clusterer)
    assert "of like size" not in told.describe()


def test_kinds_that_are_not_clear_are_told(answer):
    found, _ = answer
    kinds = [dict(kind) for kind in found.summary["kinds"]]
    kinds[1] |= {"clear": False, "runs_into": [0, 2], "name": "stripes"}
    kinds[2] |= {"name": "squares"}
    told = type(found)(found.rows, {**found.summary, "kinds": kinds}, found.clusterer)
    assert "runs into kind 0, squares" in told.describe()
    assert "2 of 3 kinds are clear" in told.describe() and "look at the others" in told.describe()


def test_new_pictures_by_a_loaded_answer(answer, photos, tmp_path):
    found, folder = answer
    again = load_answer(folder)
    assert again.describe() == found.describe()
    again.write(tmp_path / "copy")
    assert load_answer(tmp_path / "copy").summary == again.summary == found.summary
    for path in set(folder.glob("*.*")) - {folder / "summary.json"}:
        assert (tmp_path / "copy" / path.name).read_bytes() == path.read_bytes()
    assert load_answer(tmp_path / "copy").describe() == found.describe()
    rows, unreadable = predict_kinds(again, [photos])
    before = {row["path"]: row for row in found.rows}
    assert unreadable == found.pictures.unreadable and len(rows) == 62
    for row in rows:
        assert {**row, "outlier_score": 0, "duplicate_of": ""} == {
            **before[row["path"]],
            "outlier_score": 0,
            "duplicate_of": "",
        }
    Image.fromarray(np.random.default_rng(9).integers(0, 256, (90, 40), dtype=np.uint8)).save(tmp_path / "new.png")
    (row,), _ = predict_kinds(again, [tmp_path / "new.png"])
    assert row["path"] == (tmp_path / "new.png").as_posix() and row["outlier_score"] > 2


def test_names_stand_everywhere(photos, tmp_path):
    found = find_kinds(photos, 3, {0: "kind A"}, **QUICK)
    found.write(tmp_path)
    again = load_answer(tmp_path)
    assert again.summary["kinds"][0]["name"] == "kind A" and "kind A" in again.describe()
    again.rename(tmp_path, {1: "</script><b>", 2: "Zwei"})
    last = load_answer(tmp_path)
    assert [kind["name"] for kind in last.summary["kinds"]] == ["", "</script><b>", "Zwei"]
    names = {row["cluster"]: row["name"] for row in last.rows}
    assert names == {"0": "", "1": "</script><b>", "2": "Zwei"}
    page = (tmp_path / "gallery.html").read_text()
    assert "Zwei" in page and "</script><b>" not in page and "kind A" not in page


def test_the_number_of_kinds_is_found(photos, tmp_path):
    found = find_kinds(photos, **QUICK)
    found.write(tmp_path)
    assert load_answer(tmp_path).summary == found.summary
    assert len(found.summary["kinds"]) == 3 and found.summary["number"] == {"stands_out": True, "as_good": []}
    assert "No number" not in found.describe()
    found.summary["number"] = {"stands_out": False, "as_good": [5, 2]}
    assert "No number of kinds stands out: 5, 2 would do as well." in found.describe()


def test_names_that_are_no_utf_8(tmp_path):
    """As old disks have them; and as few pictures as there may be."""
    root = os.path.join(os.fsencode(tmp_path), b"caf\xe9")
    os.mkdir(root)
    for number in range(6):
        picture = Image.new("L", (12, 12), 40 * (number % 2) + number)
        with open(os.path.join(root, b"\xe9%d.png" % number), "wb") as file:
            picture.save(file, "PNG")
    found = find_kinds(os.fsdecode(root), 2, **QUICK)
    found.write(tmp_path / "out")
    again = load_answer(tmp_path / "out")
    names = [os.fsdecode(b"\xe9%d.png" % number) for number in range(6)]
    assert [row["path"] for row in again.rows] == names and again.summary == found.summary
    again.rename(tmp_path / "out", {0: "dark"})
    rows, _ = predict_kinds(load_answer(tmp_path / "out"), [os.fsdecode(root)])
    assert [row["path"] for row in rows] == names and {row["name"] for row in rows} <= {"dark", ""}


@pytest.mark.parametrize("count", [2, 3, 7])
def test_hardly_any_pictures(count, tmp_path):
    for number in range(count):
        Image.new("RGB", (8, 8), (100 * number % 256, 9 * number, 0)).save(tmp_path / f"{number}.png")
    found = find_kinds(tmp_path, **QUICK)
    found.write(tmp_path / "out")
    assert len(found.rows) == count and 1 < len(found.summary["kinds"]) <= count


@pytest.mark.parametrize("content", [None, "{", "[]", '{"kinds": []}'])
def test_no_answer(content, tmp_path):
    if content is not None:
        (tmp_path / "summary.json").write_text(content)
    with pytest.raises(UserError, match="holds no answer" if content is None else r"summary\.json is damaged"):
        load_answer(tmp_path)


def test_pictures_are_compared_by_given_embeddings(photos, answer, tmp_path):
    names = answer[0].pictures.names
    rng = np.random.default_rng(0)
    half = np.arange(len(names)) % 2
    np.save(tmp_path / "f.npy", np.eye(2)[half] + 0.05 * rng.normal(size=(len(names), 2)))
    found = find_kinds(photos, 2, features=tmp_path / "f.npy", **QUICK)
    clusters = found.clusterer.link_clustering_.labels_
    assert len({*zip(half.tolist(), clusters.tolist(), strict=True)}) == 2
    found.write(tmp_path / "out")
    rows, _ = predict_kinds(load_answer(tmp_path / "out"), [photos / "left"])
    assert {row["outlier_score"] for row in rows} == {""} and len(rows) == 30
