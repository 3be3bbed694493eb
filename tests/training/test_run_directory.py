import pytest

from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.files import replacing


def test_default_names_count_up(tmp_path):
    claimed = [RunDirectory.claim(None, "a-b-seed0", tmp_path).path.name for _ in range(3)]
    assert claimed == ["a-b-seed0", "a-b-seed0-2", "a-b-seed0-3"]


def test_an_occupied_directory_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(UserError, match="is not empty"):
        RunDirectory.claim(str(tmp_path), "x")
    with pytest.raises(UserError, match="is not empty"):
        RunDirectory.claim(str(tmp_path / "mine.txt"), "x")
    assert (tmp_path / "mine.txt").read_text() == "precious"
    RunDirectory.claim(str(tmp_path / "new" / "deep"), "x")


def test_find_takes_the_newest(tmp_path):
    with pytest.raises(UserError, match=r"no run .* to resume"):
        RunDirectory.find(None, "a", tmp_path / "nowhere")
    for name in ("a", "a-2", "a-10", "a-b", "ab-11"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").touch()
    assert RunDirectory.find(None, "a", tmp_path).path.name == "a-10"
    with pytest.raises(UserError, match="is not a run"):
        RunDirectory.find(str(tmp_path), "a")


def test_last_checkpoint(tmp_path):
    run = RunDirectory(tmp_path)
    assert run.last_checkpoint() is None
    for epoch in (9, 10):
        with replacing(run.checkpoint(epoch)) as temporary:
            temporary.touch()
    (run.checkpoints / ".epoch_00011-77.weights.h5").touch()  # what a killed process leaves
    assert run.last_checkpoint() == (10, run.checkpoint(10))
    for epoch in (99_999, 100_000):
        run.checkpoint(epoch).touch()
    assert run.last_checkpoint() == (100_000, run.checkpoint(100_000))
