"""`python -m tfgmmgan cluster` and `predict`."""

import csv
import io
import json
import os

import pytest
from PIL import Image

from tests.kinds.conftest import QUICK, photos  # noqa: F401 - a fixture
from tfgmmgan.cli import cluster, predict, run_command
from tfgmmgan.kinds import find_kinds
from tfgmmgan.kinds.table import read_table


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "find_kinds", lambda *args, **options: find_kinds(*args, **{**options, **QUICK}))
    monkeypatch.chdir(tmp_path)


def run(command, *arguments):
    return run_command(command, [str(one) for one in arguments], "tfgmmgan x")


def test_a_folder_is_answered_and_new_pictures_assigned(photos, tmp_path, capsys):  # noqa: F811
    assert run(cluster.command, photos, "--num_components", 3, "--sort-into", "sorted") == 0
    out = tmp_path / "my <photos>-kinds"
    said = capsys.readouterr().out
    assert "62 pictures in 3 kinds:" in said and "gallery.html to look at" in said
    assert {path.name for path in out.iterdir()} == {
        *("clusters.csv", "unreadable.csv", "summary.json", "gallery.html", "map.png", "map.csv", "clusterer"),
    }
    links = [path for path in (tmp_path / "sorted").rglob("*") if path.is_symlink()]
    assert len(links) == 62 and all(path.is_file() for path in links)
    assert {path.parent.name for path in links} == {"00", "01", "02"}
    assert any(path.name == "left__01.png" for path in links)

    (tmp_path / "names.csv").write_text("cluster,name\n0,Äpfel/Birnen\n")
    assert run(cluster.command, "--output", out, "--names", "names.csv") == 0
    assert "Äpfel/Birnen" in capsys.readouterr().out
    assert run(predict.command, out, photos / "left") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 30 and {row["name"] for row in rows if row["cluster"] == "0"} <= {"Äpfel/Birnen"}
    assert run(predict.command, out, photos, "--output", "new.csv") == 0
    told = capsys.readouterr()
    assert "Wrote 62 rows to new.csv." in told.out and "note: broken.png: damaged" in told.err
    assert len(read_table(tmp_path / "new.csv")) == 62


def test_copies_and_names_at_once(photos, tmp_path):  # noqa: F811
    (tmp_path / "names.csv").write_text("cluster,name\n0,a:b\n")
    options = "--output", "out", "--sort-into", "sorted", "--copy", "--names", "names.csv"
    assert run(cluster.command, photos, "--num_components", 3, *options) == 0
    files = list((tmp_path / "sorted").rglob("*.png"))
    assert len(files) == 62 and not any(path.is_symlink() for path in files)
    assert {path.parent.name for path in files} == {"00 a_b", "01", "02"}
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["kinds"][0]["name"] == "a:b"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Expected a folder of pictures"),
        (["PHOTOS", "--num_components", "0"], "--num_components must be a number of at least 1, or auto; got '0'"),
        (["PHOTOS", "--num_components", "ten"], "got 'ten'"),
        (["PHOTOS", "--copy"], "--copy belongs to --sort-into DIR"),
        (["PHOTOS", "--names", "names.csv"], "--names needs kinds that are known"),
        (["PHOTOS", "--sort-into", "."], "is not an empty directory"),
        (["PHOTOS", "--output", "."], "is not empty. Choose another --output"),
        (["nowhere"], "There is no file or folder nowhere"),
        (["PHOTOS", "--descriptor", "hogs"], "Unknown descriptor 'hogs'"),
        (["PHOTOS", "--num_components", "100"], "100 kinds can't be found among 62 images"),
        (["--output", "nowhere", "--names", "names.csv"], "holds no answer"),
    ],
)
def test_mistakes_leave_nothing(arguments, told, photos, tmp_path, capsys, monkeypatch):  # noqa: F811
    monkeypatch.setattr(cluster, "find_kinds", lambda *args, **options: find_kinds(*args, **{**QUICK, **options}))
    (tmp_path / "names.csv").write_text("cluster,name\n0,a\n")
    before = sorted(os.listdir(tmp_path))
    assert run(cluster.command, *[photos if one == "PHOTOS" else one for one in arguments]) == 2
    assert told in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path)) == before


def test_predict_without_an_answer(tmp_path, capsys):
    Image.new("L", (9, 9)).save(tmp_path / "a.png")
    assert run(predict.command, tmp_path, tmp_path / "a.png") == 2
    assert "holds no answer" in capsys.readouterr().err
