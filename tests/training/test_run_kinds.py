"""The answer of a run on a folder of pictures, and a run that starts from one."""

import base64
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.kinds.conftest import QUICK, answer, photos  # noqa: F401 - fixtures
from tests.kinds.test_gallery import data_of
from tfgmmgan import ImageClusterer
from tfgmmgan.cli import cluster, predict, run_command, sample
from tfgmmgan.cli import train as train_cli
from tfgmmgan.data.pictures import read_pictures
from tfgmmgan.data.scaling import to_uint8
from tfgmmgan.kinds import find_kinds
from tfgmmgan.kinds.table import read_table
from tfgmmgan.training import make_config, train
from tfgmmgan.training.loading import load_model
from tfgmmgan.utils.errors import Note

TINY_RUN = {
    "epochs": 1,
    "num_components": 3,
    "batch_size": 16,
    "model.width": 0.1,
    "clusterer.width": 0.1,
    "clusterer.steps": 30,
    "clusterer.self_training_rounds": 0,
    "clusterer.descriptor": "pixels",
    "evaluation.extent": "none",
}


@pytest.fixture(scope="module")
def trained(photos, tmp_path_factory):  # noqa: F811
    """A run on `photos`."""
    options = {**TINY_RUN, "data.path": str(photos), "data.image_size": 20}
    with pytest.warns(Note, match="2 passed over"):
        run, _ = train(make_config("modegan", "folder", **options), str(tmp_path_factory.mktemp("runs") / "run"))
    return run


def test_a_trained_run_has_an_answer_with_drawn_images(trained, photos, tmp_path):  # noqa: F811
    model, rows = load_model(str(trained.path)), read_table(trained.path / "clusters.csv")
    pictures = read_pictures([photos], (20, 20, 3))
    assert [row["path"] for row in rows] == pictures.names
    told = model.responsibilities(pictures.images)
    np.testing.assert_array_equal([int(row["cluster"]) for row in rows], told.argmax(axis=1))
    np.testing.assert_allclose([float(row["probability"]) for row in rows], told.max(axis=1), atol=1e-3)
    unreadable = read_table(trained.path / "unreadable.csv", ("path", "reason"))
    assert {row["path"] for row in unreadable} == {"broken.png", "notes.txt"}
    odd = max(rows, key=lambda row: float(row["outlier_score"]))
    assert odd["path"] == "odd.png"
    copies = {(row["path"], row["duplicate_of"]) for row in rows if row["duplicate_of"]}
    assert copies <= {("left/01.png", "copy of 01.png")}  # where neither was held out
    clusterer = ImageClusterer.load(trained.clusterer)
    np.testing.assert_array_equal(clusterer.labels_, told.argmax(axis=1))
    compared = clusterer.describe(pictures.images[clusterer.rows_used_])
    np.testing.assert_allclose(compared, clusterer.rows_, atol=1e-4)
    data = data_of(trained.gallery)
    assert len(data["drawn"]) == 3 and all(one.startswith("data:image/jpeg;base64,") for one in data["drawn"])
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(data["drawn"][2].partition(",")[2])))).astype(float)
    expected = to_uint8(model.generate(32, 2, seed=0))
    assert sheet.shape == (40, 320, 3) and abs(sheet[20:, 40:60] - expected[18]).mean() < 12


def test_a_trained_run_predicts_and_draws_by_name(trained, photos, tmp_path, capsys, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.csv").write_text("cluster,name\n1,stripes\n")
    shutil.copytree(trained.path, "run")
    assert run_command(cluster.command, ["--output", "run", "--names", "names.csv"], "x") == 0
    assert run_command(predict.command, ["run", str(photos / "left"), "--output", "a.csv"], "x") == 0
    rows = read_table(tmp_path / "a.csv")
    images = read_pictures([photos / "left"], (20, 20, 3)).images
    kinds = load_model("run").responsibilities(images).argmax(axis=1)
    np.testing.assert_array_equal([int(row["cluster"]) for row in rows], kinds)
    assert [row["name"] for row in rows] == ["stripes" if kind == 1 else "" for kind in kinds]
    for said in ("1", "stripes"):
        assert run_command(sample.command, ["run", "--component", said, "-n", "3", "--output", f"{said}.npz"], "x") == 0
    np.testing.assert_array_equal(np.load("1.npz")["examples"], np.load("stripes.npz")["examples"])
    (tmp_path / "names.csv").write_text("cluster,name\n0,2\n1,twice\n2,twice\n")
    assert run_command(cluster.command, ["--output", "run", "--names", "names.csv"], "x") == 0
    for said, kind in (("2", 0), ("1", 1)):  # a name counts before a number
        assert run_command(sample.command, ["run", "--component", said, "-n", "3", "--output", "a.npz"], "x") == 0
        np.testing.assert_array_equal(np.load("a.npz")["examples"], load_model("run").generate(3, kind, seed=0))
    capsys.readouterr()
    assert run_command(sample.command, ["run", "--component", "twice"], "x") == 2
    assert "Modes 1, 2 are all called twice" in capsys.readouterr().err
    (tmp_path / "names.csv").write_text("cluster,name\n1,stripes\n")
    assert run_command(cluster.command, ["--output", "run", "--names", "names.csv"], "x") == 0
    assert run_command(sample.command, ["run", "--component", "spots"], "x") == 2
    assert "or one of their names, which are stripes; got 'spots'" in capsys.readouterr().err


def test_a_run_whose_answer_is_gone(trained, photos, tmp_path, capsys, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained.path, "run")
    for name in ("summary.json", "clusters.csv"):
        (tmp_path / "run" / name).unlink()
    assert run_command(predict.command, ["run", str(photos / "left"), "--output", "a.csv"], "x") == 0
    assert len(read_table(tmp_path / "a.csv")) == 30
    assert run_command(sample.command, ["run", "--component", "stripes"], "x") == 2
    assert "or one of their names; run has none" in capsys.readouterr().err
    shutil.rmtree("run/clusterer")
    assert run_command(predict.command, ["run", str(photos / "left")], "x") == 2
    assert "has no clusterer" in capsys.readouterr().err


def test_a_run_starts_from_an_answer(photos, tmp_path, capsys, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    found = find_kinds(photos, 3, **QUICK)
    found.write("kinds")
    found.rename(Path("kinds"), {2: "squares"})
    Path("kinds", "map.csv").unlink()  # as of an answer of before
    options = [f"--{name}={value}" for name, value in TINY_RUN.items() if not name.startswith(("clusterer", "num"))]
    assert run_command(train_cli.command, ["--from", "kinds", "--output", "run", *options], "x") == 0
    assert "Finding the modes" not in capsys.readouterr().out
    for name in ("clusters.csv", "unreadable.csv", "map.png", "summary.json"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "kinds" / name).read_bytes()
    assert len(data_of(tmp_path / "run" / "gallery.html")["drawn"]) == 3
    model = load_model("run")
    told = model.responsibilities(found.pictures.images)
    np.testing.assert_allclose(told, found.clusterer.predict_proba(found.pictures.images), atol=1e-5)
    # it goes on without the folder of the answer, and a start that was killed before it knew its modes needs it
    (tmp_path / "kinds").rename("elsewhere")
    options[0] = "--epochs=2"
    assert run_command(train_cli.command, ["--resume", "--output", "run", *options], "x") == 0
    np.testing.assert_array_equal(load_model("run").responsibilities(found.pictures.images), told)
    shutil.rmtree("run/checkpoints")
    assert run_command(train_cli.command, ["--resume", "--output", "run"], "x") == 2
    assert "kinds holds no answer" in capsys.readouterr().err
    assert run_command(train_cli.command, ["--resume", "--output", "run", "--from", "elsewhere"], "x") == 0
    np.testing.assert_array_equal(load_model("run").responsibilities(found.pictures.images), told)


def test_what_an_answer_settles_is_not_said_otherwise(answer, photos, tmp_path, capsys, monkeypatch):  # noqa: F811
    _, kinds = answer
    monkeypatch.chdir(tmp_path)
    for more, said in (
        (["--num_components", "4"], "--from KINDS has --num_components 3; leave out --num_components 4."),
        (["--dataset", "mnist"], "--from KINDS has --dataset folder; leave out --dataset mnist."),
        (["--model", "gan"], "'gan' has no use for --from"),
        (["--data.path", str(photos / "left")], "62 gone, such as copy of 01.png"),
    ):
        assert run_command(train_cli.command, ["--from", str(kinds), *more], "x") == 2
        assert said.replace("KINDS", str(kinds)) in capsys.readouterr().err
    assert run_command(train_cli.command, ["--from", str(photos)], "x") == 2
    assert "holds no answer" in capsys.readouterr().err
    summary = json.loads((kinds / "summary.json").read_text())
    for paths in ([*summary["paths"], "more"], ["gone"]):
        (tmp_path / "summary.json").write_text(json.dumps({**summary, "paths": paths}))
        assert run_command(train_cli.command, ["--from", "."], "x") == 2
        assert "expected the pictures of one folder" in capsys.readouterr().err
    (tmp_path / "summary.json").write_text(json.dumps({"kinds": summary["kinds"]}))
    assert run_command(train_cli.command, ["--from", "."], "x") == 2
    assert "is damaged (it lacks classifier, crop, paths, shape)" in capsys.readouterr().err
