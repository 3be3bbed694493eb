"""Embeddings in a file beside the pictures."""

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from tests.data.test_pictures import picture
from tfgmmgan import DataOptions, UserError, load_data
from tfgmmgan.data.embeddings import read_embeddings

NAMES = ["a.png", "b c.png", "ü/d.png"]
ROWS = np.array([[1.0, 2.0], [3.0, 4.5], [-1.0, 0.25]])


def written(folder, suffix):
    """Write ROWS in another order, and one row more."""
    names, rows = [*reversed(NAMES), "other.png"], [*ROWS[::-1].tolist(), [9.0, 9.0]]
    file = folder / f"features{suffix}"
    if suffix == ".csv":
        lines = [f"{first},{name},{second}" for name, (first, second) in zip(names, rows, strict=True)]
        file.write_text("\n".join(["x,path,y", *lines]) + "\n", encoding="utf-8")
    elif suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.table({"path": names, "embedding": rows}), file)
    else:
        np.save(file, ROWS)
    return file


@pytest.mark.parametrize("suffix", [".npy", ".csv", ".parquet"])
def test_each_picture_gets_its_row(suffix, tmp_path):
    found = read_embeddings(written(tmp_path, suffix), NAMES)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, ROWS)


def test_parquet_with_a_column_for_each_number(tmp_path):
    table = pyarrow.table({"a": ROWS[:, 0], "path": NAMES, "b": ROWS[:, 1]})
    pyarrow.parquet.write_table(table, tmp_path / "f.parquet")
    np.testing.assert_array_equal(read_embeddings(tmp_path / "f.parquet", NAMES), ROWS)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("f.txt", b"", "are read from .npy, .csv and .parquet files"),
        ("f.npy", b"nothing", "can't be read as embeddings"),
        ("f.csv", b"x,y\n1,2\n", "it has no column 'path'"),
        ("f.csv", b"path,y\na.png,one\n", "could not convert"),
        ("f.csv", b"path,y\na.png,1\n", "has no row for 2 of 3 pictures, such as b c.png"),
        ("f.csv", "path,y\na.png,1\nb c.png,nan\nü/d.png,1\n".encode(), "expected finite numbers"),
        ("f.csv", "path\na.png\nb c.png\nü/d.png\n".encode(), "expected finite numbers"),
        ("f.csv", "path,y\na.png,1\nb c.png,1,2\nü/d.png,1\n".encode(), "can't be read as embeddings"),
        ("f.parquet", b"nothing", "can't be read as embeddings"),
        ("none.npy", None, "can't be read as embeddings"),
    ],
)
def test_what_is_wrong_is_told(name, content, told, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=told):
        read_embeddings(tmp_path / name, NAMES)


def test_as_many_rows_as_pictures_and_no_pickles(tmp_path):
    np.save(tmp_path / "f.npy", ROWS[:2])
    with pytest.raises(UserError, match="has 2 rows for 3 pictures"):
        read_embeddings(tmp_path / "f.npy", NAMES)
    np.save(tmp_path / "f.npy", np.array([{}, {}, {}], object))
    with pytest.raises(UserError, match="can't be read as embeddings"):
        read_embeddings(tmp_path / "f.npy", NAMES)


def test_a_folder_s_splits_have_theirs(tmp_path):
    for number in range(10):
        picture(tmp_path / "photos" / f"{number}.png", size=(8, 8), seed=number)
    np.save(tmp_path / "f.npy", np.arange(20.0).reshape(10, 2))
    data = load_data("folder", DataOptions(path=str(tmp_path / "photos"), features=str(tmp_path / "f.npy")))
    for split in (data.train, data.test):
        for path, row in zip(split.originals.paths, split.features, strict=True):
            assert row[0] == 2 * int(path[-5])
    with pytest.raises(UserError, match=r"The source .digits. has no use for --data\.features"):
        load_data("digits", DataOptions(features="f.npy"))


def test_rows_of_an_array_are_by_path_whatever_the_order_of_the_pictures(tmp_path):
    """As of a folder with train and test, whose images for training come first."""
    np.save(tmp_path / "e.npy", np.arange(4)[:, None])
    found = read_embeddings(tmp_path / "e.npy", ["train/b", "train/a", "test/z", "test/y"])
    assert found[:, 0].tolist() == [3, 2, 1, 0]
