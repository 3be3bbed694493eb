import pytest

from tfgmmgan.utils.files import found_from, replacing, seen_from


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep" / "a.weights.h5"
    with replacing(path) as temporary:
        assert temporary.name.endswith(".weights.h5") and temporary != path
        temporary.write_text("one")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "one"
    assert list(path.parent.iterdir()) == [path]


def test_what_is_moved_together_is_found_by_any_way_that_leads_there(tmp_path):
    """By a link to the folder of runs, by where it really is, and after both were moved."""
    (tmp_path / "disk" / "runs" / "one").mkdir(parents=True)
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "runs").symlink_to(tmp_path / "disk" / "runs")
    photos = tmp_path / "project" / "photos"
    photos.mkdir()
    seen = seen_from(tmp_path / "project" / "runs" / "one", str(photos))
    assert seen == "../../../project/photos"
    for run in (tmp_path / "project" / "runs" / "one", tmp_path / "disk" / "runs" / "one"):
        assert found_from(run, seen) == str(photos)
    assert found_from(tmp_path, str(photos)) == str(photos)
    (tmp_path / "link").symlink_to(photos)  # stays a link: it may lead elsewhere tomorrow
    assert seen_from(tmp_path / "disk", str(tmp_path / "link")) == "../link"
