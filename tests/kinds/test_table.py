"""The table of an answer, and names for kinds."""

import numpy as np
import pytest

from tfgmmgan import UserError
from tfgmmgan.kinds.table import COLUMNS, assignments, read_names, read_table, write_table


def test_a_row_for_each_picture(tmp_path):
    probabilities = np.array([[0.1, 0.7, 0.2], [0.5, 0.5, 0.0]])
    rows = assignments(["ä, b.png", "🍎"], probabilities, np.array([1.0, 2.34567]), ["", "ä, b.png"], {1: "dogs"})
    assert [tuple(row) for row in rows] == [COLUMNS] * 2
    assert list(rows[0].values()) == ["ä, b.png", 1, "dogs", 0.7, 2, 0.2, 1.0, ""]
    assert list(rows[1].values()) == ["🍎", 0, "", 0.5, 1, 0.5, 2.346, "ä, b.png"]
    odd = {**rows[0], "path": b"caf\xe9.png".decode("utf-8", "surrogateescape")}  # a name that is no UTF-8
    write_table(tmp_path / "t.csv", [*rows, odd])
    assert read_table(tmp_path / "t.csv") == [{name: str(value) for name, value in row.items()} for row in [*rows, odd]]
    assert b"caf\xe9.png" in (tmp_path / "t.csv").read_bytes()


def test_one_kind_has_no_second():
    row = assignments(["a"], np.ones((1, 1)), np.ones(1))[0]
    assert row["cluster"] == 0 and row["second_cluster"] == "" and row["second_probability"] == ""


def names(tmp_path, text):
    (tmp_path / "names.csv").write_text(text, encoding="utf-8")
    return read_names(tmp_path / "names.csv", 3)


def test_names(tmp_path):
    assert names(tmp_path, "cluster,name\n2,Äpfel\n0, pears \n1,\n") == {2: "Äpfel", 0: "pears"}
    assert names(tmp_path, "\ufeffname,cluster\ncats,1\n") == {1: "cats"}  # as a spreadsheet writes it
    assert names(tmp_path, "cluster,name\n") == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cluster,name\n0,a\n3,b\n", r"line 3: expected a cluster from 0 to 2, each once; got '3'"),
        ("cluster,name\n0,a\n0,b\n", r"line 3: expected a cluster from 0 to 2, each once; got '0'"),
        ("cluster,name\n-1,a\n", "got '-1'"),
        ("cluster,name\ncats,0\n", "got 'cats'"),
        ("kind,name\n0,a\n", "must have the columns cluster, name; cluster is missing"),
    ],
)
def test_names_that_name_nothing(text, told, tmp_path):
    with pytest.raises(UserError, match=told):
        names(tmp_path, text)


def test_no_such_file(tmp_path):
    with pytest.raises(UserError, match="can't be read"):
        read_names(tmp_path / "names.csv", 3)
