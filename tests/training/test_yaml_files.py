"""YAML files of options: data and nothing else."""

import sys

import pytest
import yaml

from tfgmmgan.training.options import TrainConfig, known_options
from tfgmmgan.training.yaml_files import MOST_BYTES, flatten, nested, read_yaml, write_yaml
from tfgmmgan.utils.errors import UserError


@pytest.fixture
def read(tmp_path):
    """Return a reader of the text or bytes of a file."""

    def read(content):
        file = tmp_path / "a.yaml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_yaml(file)

    return read


@pytest.fixture
def config(read):
    """Return a maker of the config of a file's text."""
    return lambda content: TrainConfig(flatten(read(content), known_options()))


def test_every_scalar_is_the_text_it_is(read):
    assert read("a: 01\nb: yes\nc: null\nd: 1e-3\ne: [no, ~, 2026-01-01]\nf: {3: 0.1}\ng:\n'h': 'x y'") == {
        "a": "01",
        "b": "yes",
        "c": "null",
        "d": "1e-3",
        "e": ["no", "~", "2026-01-01"],
        "f": {"3": "0.1"},
        "g": "",
        "h": "x y",
    }
    assert read("\ufeffepochs: 3  # with a byte order mark\n") == {"epochs": "3"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "model: !!python/object/apply:os.system [ls]",
            "has the tag 'tag:yaml.org,2002:python/object/apply:os.system'",
        ),
        ("data: !!python/object:payload.X {}", "has the tag 'tag:yaml.org,2002:python/object:payload.X' in line 1"),
        ("a: 1\nb: !!python/name:os.system", "in line 2; options are plain data"),
        ("a: !include other.yaml", "has the tag '!include' in line 1"),
        ("a: !!str 3", "has the tag"),
        ("a: &x 1\nb: 2", "has an anchor or an alias in line 1; write it out"),
        ("a: 1\nb: *x", "has an anchor or an alias in line 2"),
        ("a: &x {b: 1}\nc:\n  <<: *x", "has an anchor or an alias in line 1"),
        ("", "is empty; expected options, as in 'epochs: 10'"),
        ("# nothing\n", "is empty"),
        ("---\n", "is empty"),
        ("- a\n- b\n", "must hold options, as in 'epochs: 10'; it holds a list"),
        ("epochs", "must hold options, as in 'epochs: 10'; it holds a str"),
        ("a: [1", "is not YAML in line 1"),
        ("a: 1\n b: 2", "is not YAML in line 2"),
        ("a: 1\n---\nb: 2", "is not YAML"),
        ("? [a]\n: 1", "is not YAML"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is not YAML"),
        (b"\xff\xfe\x00\x01" * 40, "is not YAML"),
        (b"a: \x00", "is not YAML"),
        (b"\x1f\x8b\x08" + bytes(range(256)), "is not YAML"),
        ("a: " + 25 * "[", "is nested more than 20 deep in line 1"),
        ("a: " + 100_000 * "[", "is nested more than 20 deep in line 1"),
        ("".join(f"{'  ' * depth}a:\n" for depth in range(30)), "is nested more than 20 deep in line 21"),
    ],
)
def test_what_is_more_or_less_than_data_is_refused(read, content, message):
    with pytest.raises(UserError) as raised:
        read(content)
    assert "a.yaml" in str(raised.value) and message in str(raised.value) and len(str(raised.value).splitlines()) == 1


def test_an_alias_bomb_does_not_go_off(read):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    with pytest.raises(UserError, match="has an anchor or an alias in line 1"):
        read("\n".join(lines))


def test_a_huge_file_is_not_read(read, monkeypatch):
    monkeypatch.setattr(yaml, "parse", lambda *_: pytest.fail("it was parsed"))
    with pytest.raises(UserError, match="is larger than 1000000 bytes"):
        read(b"#" * (MOST_BYTES + 1))


def test_files_that_are_none_are_told(tmp_path):
    with pytest.raises(UserError, match=r"There is no config file .*none\.yaml"):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(UserError, match="can't be read: Is a directory"):
        read_yaml(tmp_path)


@pytest.fixture
def payload(tmp_path, monkeypatch):
    """A module beside the file that says when it is imported, on the path that Python imports from."""
    (tmp_path / "payload.py").write_text("raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield
    assert "payload" not in sys.modules


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("model:\n  class_path: payload.X", "Unknown option 'model.class_path'"),
        ("model:\n  class_path: payload.X\n  init_args: {a: 1}", "Unknown option 'model.class_path'"),
        ("model: payload.X", "Unknown model 'payload.X'"),
        ("model:\n  name: payload.X", "Unknown model 'payload.X'"),
        ("data:\n  class_path: os.system", "Unknown option 'data.class_path'"),
        ("data:\n  class_path: payload.X", "Unknown option 'data.class_path'"),
        ("data: payload.X", "data must hold options by name; got payload.X"),
        ("clusterer:\n  descriptor:\n    class_path: payload.X", "--clusterer.descriptor must be"),
        (
            "clusterer:\n  augmentation:\n    class_path: payload.X",
            "Unknown option 'clusterer.augmentation.class_path'",
        ),
        ("optimizers: !!python/object:payload.X {}", "has the tag"),
        ("dataset: !!python/object/new:payload.X []", "has the tag"),
        ("epochs: !!python/name:payload.X", "has the tag"),
        ("epochs: !!python/module:payload", "has the tag"),
        ("prior:\n  covariance: payload:X", "--prior.covariance must be"),
    ],
)
def test_nothing_is_imported_that_a_file_names(config, payload, content, message):
    with pytest.raises(UserError) as raised:
        config(content)
    assert message in str(raised.value)


def test_a_models_group_has_its_name_or_is_it(config):
    long = config("model: {name: gmgan, width: 0.5}\nprior: {variance: 0.3}")
    assert (long["model"], long["model.width"], long["prior.variance"]) == ("gmgan", 0.5, 0.3)
    assert config("model: gmgan")["model"] == config("model: {name: gmgan}")["model"] == "gmgan"


def test_groups_that_are_no_groups_are_told():
    known = {"epochs", "data.path", "clusterer.augmentation.flip", "data.class_fractions"}
    assert flatten(
        {"data": {"class_fractions": {"3": "0.1"}}, "clusterer": {"augmentation": {"flip": "true"}}}, known
    ) == {
        "data.class_fractions": {"3": "0.1"},
        "clusterer.augmentation.flip": "true",
    }
    assert flatten({"epohcs": {"a": "1"}}, known) == {"epohcs.a": "1"}  # told as unknown by who knows what is near
    for content, message in (
        ({"data": ""}, "data must hold options by name; got nothing"),
        ({"data": "5"}, "data must hold options by name; got 5"),
        ({"clusterer": {"augmentation": "no"}}, "clusterer.augmentation must hold options by name; got no"),
    ):
        with pytest.raises(UserError, match=message):
            flatten(content, known)


def test_what_is_written_is_read_back(tmp_path):
    flat = {
        "model": "gan",
        "epochs": 3,
        "model.width": 0.5,
        "data.classes": ["01", 2],
        "data.class_fractions": {3: 0.1},
    }
    assert nested(flat)["model"] == {"name": "gan", "width": 0.5}
    write_yaml(nested(flat), tmp_path / "a.yaml")
    found = flatten(read_yaml(tmp_path / "a.yaml"), flat)
    assert found == {
        "model": "gan",
        "epochs": "3",
        "model.width": "0.5",
        "data.classes": ["01", "2"],
        "data.class_fractions": {"3": "0.1"},
    }
    assert "'01'" in (tmp_path / "a.yaml").read_text()
