"""A run directory can be moved, with its data beside it, and a stranger's runs nothing."""

import pickle
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from tfgmmgan.kinds import load_answer
from tfgmmgan.training import make_config, train
from tfgmmgan.training.loading import load_model, load_run
from tfgmmgan.training.measuring import kept_scorecard
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.utils.errors import UserError

pytestmark = pytest.mark.slow
TINY = {
    "epochs": 1,
    "num_components": 2,
    "latent_dim": 4,
    "batch_size": 16,
    "model.width": 0.1,
    "clusterer.width": 0.1,
    "clusterer.steps": 10,
    "clusterer.self_training_rounds": 0,
    "clusterer.descriptor": "pixels",
    "evaluation.extent": "quick",
    "evaluation.samples": 30,
}


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """What lay in a folder of another name when it was trained: a run, and its data; and what that name was."""
    home = tmp_path_factory.mktemp("first") / "home"
    (home / "photos").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(40):
        image = rng.integers(0, 60, (8, 8), dtype=np.uint8)
        image[4 * (number % 2) :][:4] += 180
        Image.fromarray(image).save(home / "photos" / f"{number}.png")
    train(make_config("modegan", "folder", **TINY, **{"data.path": str(home / "photos")}), str(home / "run"))
    drawn = load_model(home / "run").generate(3, seed=0)
    new = tmp_path_factory.mktemp("second") / "elsewhere"
    shutil.move(home, new)
    return new, str(home), drawn


def contents(file):
    """Yield all bytes of a file, those of archives and of compressed datasets as they were before."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    elif file.suffix == ".h5":
        with h5py.File(file) as opened:
            texts = []
            opened.visititems(lambda name, item: texts.append(f"{name} {dict(item.attrs)}"))
            yield "".join(texts).encode()
    yield file.read_bytes()


def test_no_file_knows_where_it_was_written(moved):
    folder, before, _ = moved
    files = [path for path in (folder / "run").rglob("*") if path.is_file()]
    assert {"config.yaml", "summary.json", "gallery.html", "report.html", "scorecard.json"} <= {f.name for f in files}
    knowing = [str(file) for file in files if any(before.encode() in content for content in contents(file))]
    assert not knowing


def test_it_is_the_same_run_elsewhere(moved, tmp_path, monkeypatch):
    folder, _, drawn = moved
    monkeypatch.chdir(tmp_path)
    _, config, model, data = load_run(str(folder / "run"))
    assert config["data.path"] == str(folder / "photos") and len(data.train) + len(data.test) == 40
    np.testing.assert_array_equal(model.generate(3, seed=0), drawn)
    assert load_answer(folder / "run").summary["paths"] == [str(folder / "photos")]
    card = kept_scorecard(RunDirectory(folder / "run"))  # so that runs in other folders, on the same data, are compared
    assert card["run"]["config"]["data"]["path"] == str(folder / "photos")
    config = make_config("modegan", "folder", **{**TINY, "epochs": 2}, **{"data.path": str(folder / "photos")})
    shutil.copytree(folder, tmp_path / "copy")
    run, _ = train(config, str(tmp_path / "copy" / "run"), resume=True)
    assert run.last_checkpoint()[0] == 2


def test_the_model_opens_in_another_process(moved, tmp_path):
    folder, _, drawn = moved
    code = "import sys, tfgmmgan, keras, numpy as np\n"
    code += "np.save('drawn.npy', keras.models.load_model(sys.argv[1]).generate(3, seed=0))"
    subprocess.run([sys.executable, "-c", code, folder / "run" / "model.keras"], check=True, cwd=tmp_path)
    np.testing.assert_allclose(np.load(tmp_path / "drawn.npy"), drawn, atol=1e-5)


class Evil:
    def __reduce__(self):
        return exec, ("open('ran', 'w').close()",)


@pytest.mark.parametrize("name", ["clusterer/clusterer.npz", "config.yaml", "checkpoints"])
def test_a_stranger_s_run_runs_nothing(name, moved, tmp_path, monkeypatch):
    home = tmp_path / "home"
    shutil.copytree(moved[0], home)
    monkeypatch.chdir(tmp_path)
    run = home / "run"
    (file,) = (run / name).glob("epoch_*") if name == "checkpoints" else [run / name]
    if file.suffix == ".npz":
        np.savez(file, **dict.fromkeys(np.load(file), np.array([Evil()], object)))
    elif file.suffix == ".yaml":
        file.write_text(f"evil: !!python/object/apply:os.system ['touch ran']\n{file.read_text()}")
    else:
        file.write_bytes(pickle.dumps(Evil()))
    refused = []
    for opened in (load_answer, load_run, load_model):
        try:
            opened(str(run))
        except UserError as error:
            refused.append(str(error))
    assert any(file.name in error or "clusterer" in error for error in refused)
    assert not Path("ran").exists()
    pickle.loads(pickle.dumps(Evil()))
    assert Path("ran").exists()  # it would have
