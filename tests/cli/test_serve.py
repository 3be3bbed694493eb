"""`serve`: what it says to what it can't serve, in one line."""

import contextlib
import re
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from tfgmmgan import cli
from tfgmmgan.cli import serve
from tfgmmgan.serving.server import process
from tfgmmgan.serving.server.limits import Limits
from tfgmmgan.utils.arguments import arguments


def run(capsys, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["tfgmmgan", "serve", *map(str, arguments)])
    code = cli.main()
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "The following arguments are required: RUN_OR_SAVEDMODEL."),
        (["nowhere"], "nowhere has no exported model; expected a run directory"),
        (["nowhere", "--workers", "2"], "nowhere has no exported model"),
        (["nowhere", "--worker", "2"], "Unknown option --worker. Did you mean '--workers'?"),
        (["nowhere", "--workers", "0"], "--workers must be a whole number, at least 1; got 0."),
        (["nowhere", "--max_rows", "-1"], "--max_rows must be a whole number, at least 1; got '-1'."),
        (["nowhere", "--timeout_s", "nan"], "--timeout_s must be a number, above 0; got 'nan'."),
        (
            ["nowhere", "--name", "a/b"],
            "--name must be of letters, digits, '.', '_' and '-', as it is part of addresses; got",
        ),
        (["nowhere", "--name", "a?b"], "as it is part of addresses; got 'a?b'."),
        (["nowhere", "--rest_port", "99999"], "--rest_port must be from 0 to 65535; got 99999."),
        (["nowhere", "--host", "no.such.host.invalid"], "can't be had"),
    ],
)
def test_a_mistake_is_one_line(capsys, monkeypatch, tmp_path, arguments, says):
    monkeypatch.chdir(tmp_path)
    code, err = run(
        capsys,
        monkeypatch,
        *arguments,
        *(() if "--rest_port" in arguments else ("--rest_port", "0", "--grpc_port", "0")),
    )
    assert code == 2 and says in err and err.count("\n") == 1


def test_a_broken_model_is_one_line(capsys, monkeypatch, tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"broken")
    code, err = run(capsys, monkeypatch, tmp_path, "--rest_port", "0", "--grpc_port", "0")
    assert code == 2 and "can't be loaded" in err and "Export the model again." in err


def test_a_model_without_signatures_is_one_line(capsys, monkeypatch, tmp_path):
    tf.saved_model.save(tf.Module(), str(tmp_path / "empty"))
    code, err = run(capsys, monkeypatch, tmp_path / "empty", "--rest_port", "0", "--grpc_port", "0")
    assert code == 2 and "empty has no signatures" in err and err.count("\n") == 1


def test_without_the_extra_it_is_named(capsys, monkeypatch):
    monkeypatch.setattr(serve, "find_spec", lambda name: None if name in ("uvicorn", "orjson") else True)
    code, err = run(capsys, monkeypatch, "run")
    assert code == 2 and "Serving needs uvicorn, orjson: pip install 'tfgmmgan[serving]'." in err


def test_the_guide_names_every_option(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["tfgmmgan", "serve", "--help"])
    with pytest.raises(SystemExit):
        cli.main()
    options = set(re.findall(r"--\w+", capsys.readouterr().out)) - {"--help"}
    assert options >= {f"--{limit}" for limit in arguments(Limits)}
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "serving.md").read_text()
    assert not [option for option in options if f"`{option}`" not in guide]


def test_options_become_limits(capsys, monkeypatch, tmp_path):
    told = {}

    @contextlib.contextmanager
    def listen(*where):
        told["where"] = where
        yield "place"

    monkeypatch.setattr(process, "listen", listen)
    monkeypatch.setattr(process, "run", lambda *what: told.update(what=what))
    assert run(capsys, monkeypatch, "a run", "--max_rows", "7", "--grace_s", "0.5", "--name", "digits")[0] == 0
    assert told["where"] == ("127.0.0.1", 8501, 8500)
    assert told["what"] == ("a run", "digits", "place", Limits(max_rows=7, grace_s=0.5), 1)
