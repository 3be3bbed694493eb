"""Several devices and several processes, from the command line's side."""

import json
import multiprocessing.pool
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
import weakref

import numpy as np
import pytest
import tensorflow as tf

from tests.training.test_killed import epochs_done
from tests.training.test_runner import QUICK, UNMEASURED, content, small
from tfgmmgan.training import TrainConfig, load_run, strategies, train
from tfgmmgan.training.csv_files import read_rows
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.training.strategies import is_chief, make_strategy, workers_answer
from tfgmmgan.utils.errors import UserError


def test_none_and_mirrored():
    assert make_strategy("none") is tf.distribute.get_strategy()
    strategy = make_strategy("mirrored")
    assert make_strategy("mirrored") is strategy
    assert strategy.num_replicas_in_sync == len(tf.config.list_logical_devices("CPU")) == 2
    assert is_chief(strategy) and is_chief(tf.distribute.get_strategy())


@pytest.mark.parametrize(
    "content",
    [
        None,
        "worker",
        '{"cluster": {"worker": ["a:1"]}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "boss", "index": 0}}',
        '{"cluster": {"worker": ["no port"]}, "task": {"type": "worker", "index": 0}}',
    ],
)
def test_a_wrong_tf_config(content, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if content is not None:
        monkeypatch.setenv("TF_CONFIG", content)
    with pytest.raises(UserError, match=r"reads the environment variable TF_CONFIG, as in '.*; it (is not set|holds)"):
        train(TrainConfig({"strategy": "multi_worker"}), "nowhere")


def test_a_wrong_timeout(monkeypatch):
    monkeypatch.setenv("TFGMMGAN_WORKER_TIMEOUT", "soon")
    with pytest.raises(UserError, match="TFGMMGAN_WORKER_TIMEOUT must be a number of seconds; got 'soon'"):
        make_strategy("multi_worker")


def test_lost_workers_are_the_users_errors(monkeypatch):
    lost = tf.errors.UnavailableError(None, None, "gone")
    with pytest.raises(tf.errors.UnavailableError), workers_answer(make_strategy("mirrored")):
        raise lost
    monkeypatch.setattr(strategies, "is_multi_worker", lambda strategy: True)
    with pytest.raises(UserError, match="Another worker has died"), workers_answer(make_strategy("mirrored")):
        raise lost


def test_a_lost_workers_pool_is_gone_before_python_ends(monkeypatch):
    """TensorFlow's all-reduce leaves it open where it fails; still there at the end, it prints a traceback."""
    monkeypatch.setattr(strategies, "is_multi_worker", lambda strategy: True)
    pools = []

    def reduce():
        pool = multiprocessing.pool.ThreadPool(1)
        pools.append(weakref.ref(pool))
        raise tf.errors.UnavailableError(None, None, "gone")

    with warnings.catch_warnings(), pytest.raises(UserError) as raised, workers_answer(make_strategy("mirrored")):
        warnings.simplefilter("ignore", ResourceWarning)
        reduce()
    assert pools[0]() is None and raised.value.__cause__ is not None


def test_mirrored_trains_is_written_and_resumed(tmp_path, capsys, unexported):
    config = small(strategy="mirrored", **{"evaluation.extent": "quick"})
    run, card = train(config, str(tmp_path / "run"))
    assert "Each batch goes to 2 replicas." in capsys.readouterr().out
    assert card["run"]["epochs"] == 2 and card["run"]["config"]["strategy"] == "mirrored"
    train(config.replaced(epochs=3, **UNMEASURED), str(run.path), resume=True)
    assert [row["epoch"] for row in read_rows(run.history)] == ["0", "1", "2", "3"]
    assert load_run(str(run.path))[2].generate(2, seed=0).shape == (2, 8, 8, 1)  # on one device


def test_a_batch_that_the_replicas_do_not_divide(tmp_path):
    with pytest.raises(UserError, match="2 replicas need a --batch_size that they divide; got 33"):
        train(TrainConfig({"strategy": "mirrored", "batch_size": 33}), str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_steps_per_execution(tmp_path, unexported):
    """The same weights whatever it is; it must divide an epoch's 22 steps."""
    config = small(epochs=1, **UNMEASURED)
    with pytest.raises(UserError, match=r"must divide the 22 steps of an epoch; got 4\. Choose one of 1, 2, 11, 22,"):
        train(config.replaced(steps_per_execution=4), str(tmp_path / "wrong"))
    found = []
    for steps in (1, 11):
        run, _ = train(config.replaced(steps_per_execution=steps), str(tmp_path / str(steps)))
        found.append(content(run.checkpoint(1)))
    for name, values in found[0].items():
        np.testing.assert_allclose(values, found[1][name], rtol=1e-4, atol=1e-5, err_msg=name)


# -- several processes -------------------------------------------------------------------------------------------


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def start(index, ports, output, *more, timeout=120):
    """Start one worker; its `log` holds what it says."""
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    environment = {
        **os.environ,
        "TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
        "TFGMMGAN_WORKER_TIMEOUT": str(timeout),
    }
    options = ["--strategy", "multi_worker", "--output", str(output), "--batch_size", "64", "--epochs", "3"]
    options += [f"--{name}={value}" for name, value in {"model.width": 0.1, "num_components": 3, **QUICK}.items()]
    options += ["--evaluation.every_epochs", "0", "--evaluation.samples", "50", "--evaluation.extent", "quick"]
    command = [sys.executable, "-m", "tfgmmgan", "train", *options, *more]
    log = open(f"{output}-worker{index}.log", "w+")  # noqa: SIM115 - read after the process ended
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
    process.log = log
    return process


def said(process):
    process.log.seek(0)
    return process.log.read()


@pytest.mark.slow
def test_two_workers_one_killed_both_resumed_end_as_if_undisturbed(tmp_path):
    straight, broken = RunDirectory(tmp_path / "straight"), RunDirectory(tmp_path / "broken")
    ports = free_ports(2)
    workers = [start(index, ports, straight.path) for index in (0, 1)]
    assert [worker.wait(300) for worker in workers] == [0, 0], "\n".join(map(said, workers))
    assert "the chief measures and writes" in said(workers[1]) and "Everything lies in" in said(workers[0])
    assert straight.scorecard.is_file()

    ports = free_ports(2)
    workers = [start(index, ports, broken.path) for index in (0, 1)]
    while epochs_done(broken) < 1 and workers[0].poll() is None:
        time.sleep(0.01)
    workers[1].send_signal(signal.SIGKILL)
    assert workers[0].wait(200) == 2, said(workers[0])
    assert said(workers[0]).splitlines()[-1].endswith("Start all workers again with --resume.")
    assert epochs_done(broken) < 3, "killed too late to show anything"
    assert not broken.scorecard.exists()

    ports = free_ports(2)
    workers = [start(index, ports, broken.path, "--resume") for index in (0, 1)]
    assert [worker.wait(300) for worker in workers] == [0, 0], "\n".join(map(said, workers))
    ours, theirs = content(straight.checkpoint(3)), content(broken.checkpoint(3))
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        np.testing.assert_array_equal(values, theirs[name], err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("index", [0, 1])
def test_a_worker_that_waits_in_vain_gives_up(index, tmp_path):
    worker = start(index, free_ports(2), tmp_path / "run", timeout=5)
    assert worker.wait(120) == 2
    last = said(worker).splitlines()[-1]
    assert "Waited 5 seconds (TFGMMGAN_WORKER_TIMEOUT) for the other workers" in last and "did not answer" in last
    assert not (tmp_path / "run").exists()
