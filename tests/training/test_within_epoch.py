"""Runs that are stopped within an epoch."""

import h5py
import numpy as np
import pytest
from PIL import Image

from tfgmmgan.training import TrainConfig, train, within_epoch
from tfgmmgan.training.csv_files import read_rows
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.training.within_epoch import WithinEpoch

TINY = {
    "model": "gan",
    "latent_dim": 4,
    "epochs": 3,
    "batch_size": 256,
    "model.width": 0.05,
    "evaluation.extent": "none",
}


pytestmark = pytest.mark.usefixtures("unexported")


@pytest.fixture(autouse=True)
def often(monkeypatch):
    """The state is written after every step."""
    monkeypatch.setattr(WithinEpoch.__init__, "__defaults__", (None, 0.0))


def stopped(config, path, epoch, step, monkeypatch, resume=False):
    """Train until a step of an epoch, both counted from 0, is done."""

    class Stopped(WithinEpoch):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            if (self.epoch, self.first + batch) == (epoch, step):
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tfgmmgan.training.runner.WithinEpoch", Stopped)
        with pytest.raises(KeyboardInterrupt):
            train(config, str(path), resume=resume)
    return RunDirectory(path)


def state(run):
    """Weights, optimizers' states and losses."""
    found = {}
    with h5py.File(run.last_checkpoint()[1]) as file:
        file.visititems(lambda name, one: found.update({name: one[()]}) if isinstance(one, h5py.Dataset) else None)
    rows = [{**row, "seconds": 0} for row in read_rows(run.history)]
    return found, rows


def same(one, other):
    assert one[1] == other[1] and one[0].keys() == other[0].keys()
    for name, value in one[0].items():
        np.testing.assert_array_equal(value, other[0][name], err_msg=name)


@pytest.mark.parametrize(("model", "memory_limit"), [("gan", 100), ("wgan_gp", 0)])
def test_it_goes_on_from_the_step_to_the_same_end(model, memory_limit, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    for number in range(60):
        image = rng.integers(0, 256, (8, 8), dtype=np.uint8)
        (tmp_path / "images").mkdir(exist_ok=True)
        Image.fromarray(image).save(tmp_path / "images" / f"{number}.png")
    options = {"dataset": "folder", "data.path": str(tmp_path / "images"), "data.memory_limit": memory_limit}
    options |= {"model": model, "batch_size": 12 if model == "gan" else 3}
    options |= {"model.critic_steps": 3} if model == "wgan_gp" else {}
    config = TrainConfig({**TINY, **options})
    whole, _ = train(config, str(tmp_path / "whole"))
    run = stopped(config, tmp_path / "run", 1, 1, monkeypatch)
    assert run.within_epoch.is_file() and run.last_checkpoint()[0] == 1
    stopped(config, tmp_path / "run", 1, 2, monkeypatch, resume=True)  # and once more within the same epoch
    train(config, str(run.path), resume=True)
    same(state(run), state(whole))
    assert not run.within_epoch.exists() and run.record("within_epoch") is None
    files = [sorted(path.name for path in one.checkpoints.iterdir()) for one in (run, whole)]
    assert files[0] == files[1] == ["epoch_00003.weights.h5"]


def test_what_does_not_fit_is_passed_over(tmp_path, monkeypatch):
    config = TrainConfig(TINY)
    whole, _ = train(config, str(tmp_path / "whole"))
    run = stopped(config, tmp_path / "run", 1, 2, monkeypatch)
    told = run.record("within_epoch")
    assert (told["epoch"], told["step"]) == (1, 3) and told["seconds"] > 0
    loaded = []
    monkeypatch.setattr(within_epoch, "load_weights", lambda *given: loaded.append(given))
    for spoilt in (
        {**told, "checksum": "another"},
        {**told, "step": 5},  # an epoch has five
        {**told, "epoch": 0},  # before the last checkpoint
        {**told, "epoch": 3},  # after the last that is wanted
        {**told, "means": [[]]},
        {"epoch": 1},
        "nonsense",
        None,
    ):
        run.write_record("within_epoch", spoilt)
        assert within_epoch.restore_within_epoch(built(config), run, 1, 3, 5) is None and not loaded
    monkeypatch.undo()
    run.within_epoch.write_bytes(run.within_epoch.read_bytes()[:-9])
    run.write_record("within_epoch", told)
    train(config, str(run.path), resume=True)  # from the last checkpoint
    same(state(run), state(whole))


def built(config):
    from tfgmmgan.training.build import build_model

    return build_model(config, (8, 8, 1), 10, 1438)


def test_the_time_holds_in_an_epoch_that_is_gone_on_with(tmp_path, monkeypatch):
    run = stopped(TrainConfig(TINY), tmp_path / "run", 1, 2, monkeypatch)
    train(TrainConfig({**TINY, "max_minutes": 1e-6}), str(run.path), resume=True)
    assert run.last_checkpoint()[0] == 2
