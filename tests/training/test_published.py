"""Published tables: what is read of a file, and one line for each mistake in it."""

import pytest

from tfgmmgan.training.published import read_table
from tfgmmgan.utils.errors import UserError

TABLE = """
source: A paper, Table 1
protocol: mean of 5 models
notes: |
  The networks
  are ours.
compared_with: {ACC: test.clustering.algorithm_2.acc, FID: image_quality.prior.inception.frechet_distance}
options:
  dataset: digits
  epochs: 3
  model: {name: gmgan, width: 0.5}
rows:
  first:
    title: the first row
    published: {ACC: 0.90 +- 0.01, FID: 3}
    options: {num_components: 4}
  second:
    title: the second row
    published: {FID: 12.5}
    compared_with: {FID: image_quality.normal.inception.frechet_distance}
    notes: Samples from the normal prior.
    options: {model: {name: gael}, epochs: 4, data: {classes: [0, 1]}}
  third:
    title: no score
    published: {}
    options: {model: gan}
"""


def written(tmp_path, text):
    (tmp_path / "table.yaml").write_text(text)
    return tmp_path / "table.yaml"


def test_rows_add_to_their_table(tmp_path):
    table = read_table(written(tmp_path, TABLE))
    assert list(table.rows) == ["first", "second", "third"] and table.file == tmp_path / "table.yaml"
    first, second, third = table.rows.values()
    assert first.values == {"ACC": (0.9, 0.01), "FID": (3.0, None)}
    assert first.paths == {
        "ACC": "test.clustering.algorithm_2.acc",
        "FID": "image_quality.prior.inception.frechet_distance",
    }
    assert first.text == "ACC 0.90 +- 0.01, FID 3; A paper, Table 1; the first row; mean of 5 models"
    assert first.notes == "The networks are ours."
    shared = {"dataset": "digits", "epochs": "3", "model.width": "0.5"}
    assert first.options == {**shared, "model": "gmgan", "num_components": "4"}
    assert second.values == {"FID": (12.5, None)}
    assert second.paths == {"FID": "image_quality.normal.inception.frechet_distance"}
    assert second.notes == "The networks are ours. Samples from the normal prior."
    assert second.options == {**shared, "epochs": "4", "model": "gael", "data.classes": ["0", "1"]}
    assert (third.name, third.values, third.paths) == ("third", {}, {})
    assert third.text == "A paper, Table 1; no score; mean of 5 models"
    assert third.options == {**shared, "model": "gan"}


def test_a_row_s_config(tmp_path):
    row = read_table(written(tmp_path, TABLE)).row("first")
    config = row.config()
    assert (config["dataset"], config["epochs"], config["num_components"], config["model.width"]) == (
        "digits",
        3,
        4,
        0.5,
    )
    departing = row.config(seed=7, epochs="5", **{"model.width": "0.25"})
    assert [departing[name] for name in ("seed", "epochs", "model.width")] == [7, 5, 0.25]
    assert row.options["epochs"] == "3"  # as it was
    with pytest.raises(UserError, match="epohcs"):
        row.config(epohcs=3)


def test_an_unknown_row_names_the_nearest(tmp_path):
    table = read_table(written(tmp_path, TABLE))
    with pytest.raises(UserError, match=r"Unknown row of .*table.yaml 'frst'. Did you mean 'first'\? Valid: first"):
        table.row("frst")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "source: A paper, Table 1\n",
            "",
            "no published table, as those of configs/papers are: it has no 'source'",
        ),
        ("protocol:", "protocoll:", "no published table.* it has no 'protocol'"),
        ("notes: |", "note: |", "Unknown key 'note'. Did you mean 'notes'?"),
        ("compared_with: {ACC", "compared_with: [ACC", "table.yaml is not YAML in line 7"),
        ("protocol: mean of 5 models", "protocol: {mean: 5}", "expected text for 'protocol'; got"),
        ("    published: {FID: 12.5}\n", "", "row 'second': it has no 'published'"),
        (
            "published: {FID: 12.5}",
            "published: 12.5",
            "row 'second': expected values by name for 'published'; got '12.5'",
        ),
        ("title: no score", "titel: no score", "row 'third': it has no 'title'"),
        ("FID: 3}", "FID: about 3}", r"row 'first': expected a published number as 5.91, or 5.91 \+- 0.05.*'about 3'"),
        ("FID: 3}", "FID: }", "row 'first': expected a published number .* got ''"),
        ("FID: 3}", "IS: 3}", "row 'first': 'compared_with' must say which score of ours 'IS' is compared with"),
        ("  second:", "  ../second:", "a row's name is a folder's, too"),
        ("  dataset: digits\n", "", "row 'first': its options name no dataset"),
        ("{model: gan}", "gan", "row 'third': expected values by name for 'options'; got 'gan'"),
        ("num_components: 4", "num_components: !!int 4", r"table\.yaml"),
        ("num_components: 4", "num_components: !!python/name:os.system 4", r"table\.yaml"),
        ("options: {model: gan}", "options: *shared", r"table\.yaml"),
        ("options:\n  dataset", "options: &shared\n  dataset", r"table\.yaml"),
    ],
)
def test_mistakes(old, new, message, tmp_path):
    assert TABLE.count(old) == 1
    file = written(tmp_path, TABLE.replace(old, new))
    with pytest.raises(UserError, match=message) as error:
        read_table(file)
    assert str(file) in str(error.value)


@pytest.mark.parametrize("text", ["", "- 1", "rows", "dataset: digits", "source: a\nprotocol: b\nrows: {}\n"])
def test_what_is_no_table(text, tmp_path):
    with pytest.raises(UserError, match=r"table\.yaml"):
        read_table(written(tmp_path, text))
    with pytest.raises(UserError, match="There is no config file"):
        read_table(tmp_path / "missing.yaml")
