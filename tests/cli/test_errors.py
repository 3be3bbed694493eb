"""What the command line says of a user's mistakes: one line and exit code 2, whatever raised it."""

import contextlib
import re
import signal

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgmmgan.cli import run_command
from tfgmmgan.cli.evaluate import command as evaluate
from tfgmmgan.cli.train import command as train
from tfgmmgan.cli.train import parse
from tfgmmgan.utils.errors import UserError

TINY = ["--model.width=0.05", "--epochs=1", "--model=gan", "--evaluation.trade_off_samples=0"]


def said(capsys):
    return capsys.readouterr().err.strip().splitlines()


def test_a_file_that_cannot_be_written_is_named(capsys, tmp_path):
    (tmp_path / "file").touch()

    def command(arguments, prog):
        (tmp_path / "file" / "inner").mkdir()

    assert run_command(command, [], "evaluate.py") == 2
    assert said(capsys) == [f"evaluate.py: error: {tmp_path}/file/inner: Not a directory."]


def test_what_reading_a_file_raised_inside_tensorflow_is_told(capsys):
    def broken():
        raise UserError("b.png can't be read as an image (cut). Remove or repair it.")

    def command(arguments, prog):
        tf.numpy_function(broken, [], tf.float32)

    assert run_command(command, [], "train.py") == 2
    assert said(capsys)[-1] == "train.py: error: b.png can't be read as an image (cut). Remove or repair it."
    for other in (ZeroDivisionError("1 / 0"), OSError("no file's")):

        def failing(arguments, prog, other=other):
            raise other

        with pytest.raises(type(other)):
            run_command(failing, [], "train.py")


def test_a_broken_image_is_named_where_images_are_read_while_training(capsys, tmp_path):
    rng = np.random.default_rng(0)
    for number in range(40):
        Image.fromarray(rng.integers(0, 255, (8, 8), dtype=np.uint8)).save(tmp_path / f"{number:02d}.jpg")
    broken = tmp_path / "20.jpg"
    broken.write_bytes(broken.read_bytes()[:-20])  # what its header says is right
    arguments = [f"--data.path={tmp_path}", "--data.memory_limit=0", "--dataset=folder", "--batch_size=4"]
    assert run_command(train, [*TINY, *arguments, f"--output={tmp_path / 'run'}"], "train.py") == 2
    assert "20.jpg can't be read as an image" in said(capsys)[-1]


def test_an_interrupt_that_native_code_makes_another_error_of(capsys):
    before = signal.getsignal(signal.SIGINT)

    def command(arguments, prog):
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        raise SystemError("bad argument to internal function")

    assert run_command(command, [], "train.py") == 130 and "--resume" in said(capsys)[-1]
    assert signal.getsignal(signal.SIGINT) is before

    def failing(arguments, prog):
        raise SystemError("bad argument to internal function")

    with pytest.raises(SystemError):
        run_command(failing, [], "train.py")


def test_interrupting_says_what_is_kept_only_where_something_is(capsys):
    def command(arguments, prog):
        raise KeyboardInterrupt

    assert run_command(command, [], "train.py") == 130 and "--resume" in said(capsys)[-1]
    assert run_command(command, [], "evaluate.py") == 130 and "--resume" not in said(capsys)[-1]


def test_an_alias_to_what_holds_it(tmp_path):
    (tmp_path / "a.yaml").write_text("data: &a\n  classes: [*a]\n")
    with pytest.raises(UserError, match=r"a\.yaml has an anchor or an alias in line 1; write it out"):
        parse([f"--config={tmp_path / 'a.yaml'}"], "train.py")


def test_a_file_that_is_too_deep_or_too_large(tmp_path):
    (tmp_path / "deep.yaml").write_text("[" * 3000)
    (tmp_path / "large.yaml").write_text("#" * 1_000_001)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    for name, message in (("deep", "nested more than 20 deep"), ("large", "larger than"), ("binary", "is not YAML")):
        with pytest.raises(UserError, match=rf"{name}\.yaml {message}|{name}\.yaml is {message}"):
            parse([f"--config={tmp_path / name}.yaml"], "train.py")


@pytest.mark.parametrize("shape", [(1, 8, 8, 1), (2, 8, 8, 1)])
def test_a_split_with_a_single_example(tmp_path, shape):
    np.savez(tmp_path / "a.npz", images=np.zeros(shape, np.uint8))
    with pytest.raises(UserError, match=r"examples to (test with|train on); expected 2 at least|at least 2"):
        train([*TINY, "--dataset=arrays", f"--data.path={tmp_path / 'a.npz'}", "--batch_size=1"], "train.py")


def test_the_same_run_twice(tmp_path):
    (tmp_path / "config.yaml").touch()
    with pytest.raises(UserError, match="Expected different runs"):
        evaluate([str(tmp_path), f"{tmp_path}/."], "evaluate.py")


def test_points_of_one_dimension_are_trained_on_and_drawn(tmp_path, capsys):
    points = np.random.default_rng(0).normal(size=(200, 1)).astype("f4")
    np.savez(tmp_path / "a.npz", images=points)
    arguments = [f"--data.path={tmp_path / 'a.npz'}", "--dataset=arrays", "--batch_size=20", "--num_components=2"]
    arguments = [*TINY[:2], "--model=gmgan", *arguments, f"--output={tmp_path / 'run'}"]
    assert run_command(train, arguments, "train.py") == 0, said(capsys)
    assert (tmp_path / "run/samples/final_samples.png").is_file() and (tmp_path / "run/report.html").is_file()


@pytest.mark.parametrize("option", ["network", "descriptor"])
def test_a_network_that_a_file_names_is_loaded_where_the_person_names_it_too(capsys, tmp_path, option):
    file = tmp_path / "config.yaml"
    file.write_text(f"dataset: digits\nclusterer: {{{option}: {tmp_path}/theirs.keras}}\n")
    arguments = ["--config", str(file), f"--output={tmp_path / 'run'}"]
    assert run_command(train, arguments, "train.py") == 2
    (line,) = said(capsys)
    assert f"names the network {tmp_path}/theirs.keras. A network is a program" in line
    arguments_of_mine = [*arguments, "--clusterer.descriptor=auto", f"--clusterer.{option}={tmp_path}/theirs.keras"]
    assert run_command(train, arguments_of_mine, "train.py") == 2
    (line,) = said(capsys)
    assert re.search(r"(no network|Unknown descriptor) '.*theirs.keras'", line)  # it is looked for
    without = {"network": "null", "descriptor": "auto"}[option]
    config, _, _ = parse([*arguments, f"--clusterer.{option}={without}"], "train.py")
    assert config[f"clusterer.{option}"] in (None, "auto")
    file.write_text("dataset: digits\nclusterer: {network: MobileNetV2}\n")  # of Keras's own, by name
    config, _, _ = parse(arguments, "train.py")
    assert config["clusterer.network"] == "MobileNetV2"
