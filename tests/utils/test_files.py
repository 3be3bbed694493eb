import pytest

from tfgmmgan.utils.files import replacing


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
