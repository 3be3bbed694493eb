from concurrent.futures import ThreadPoolExecutor

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
    (run.checkpoints / f".epoch_00011~{'0' * 16}.weights.h5").touch()  # what a killed process leaves
    (run.checkpoints / "epoch_00012_backup.weights.h5").touch()  # what a user leaves
    assert run.last_checkpoint() == (10, run.checkpoint(10))
    for epoch in (99_999, 100_000):
        run.checkpoint(epoch).touch()
    assert run.last_checkpoint() == (100_000, run.checkpoint(100_000))


def test_a_directory_in_which_nothing_was_written_is_as_good_as_new(tmp_path):
    (tmp_path / f".config~{'0' * 16}.yaml").write_text("half")
    with pytest.raises(UserError, match=r"Nothing was written to .* Leave out --resume"):
        RunDirectory.find(str(tmp_path), "a")
    run = RunDirectory.claim(str(tmp_path), "a")
    assert list(run.path.iterdir()) == []


def test_of_two_threads_one_gets_a_new_path(tmp_path):
    def claim(number):
        try:
            return RunDirectory.claim(str(tmp_path / str(number)), "a")
        except UserError as error:
            assert "Another process is writing to" in str(error)

    with ThreadPoolExecutor(2) as pool:
        for number in range(20):
            claims = list(pool.map(claim, [number, number]))
            assert sum(one is not None for one in claims) == 1


def test_a_lock_is_held_until_it_is_given_back(tmp_path):
    run = RunDirectory(tmp_path).lock()
    with pytest.raises(UserError, match="Another process"):
        RunDirectory(tmp_path).lock()
    run.release()
    RunDirectory(tmp_path).lock().release()


def test_unfinished_files_go_and_others_stay(tmp_path):
    unfinished = [tmp_path / "a" / f".model~{'a' * 16}.keras", tmp_path / f".1~{'b' * 16}" / "saved_model.pb"]
    kept = [tmp_path / ".model-5.keras", tmp_path / "a" / "model~1.keras", tmp_path / ".config~x.yaml"]
    for path in unfinished + kept:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    RunDirectory(tmp_path).lock()
    assert [path.is_file() for path in unfinished + kept] == [False] * 2 + [True] * 3


def test_records_are_read_back_and_damaged_ones_are_none(tmp_path):
    run = RunDirectory(tmp_path)
    assert run.record("model") is None
    run.write_record("model", 44)
    run.write_record("data", [{"digest": "x"}])
    assert (run.record("model"), run.record("data")) == (44, [{"digest": "x"}])
    for content in (b"\xff", b"[1]", b"[" * 100_000):
        run.records.write_bytes(content)
        assert run.record("model") is None
