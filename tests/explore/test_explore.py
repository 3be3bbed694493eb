"""The page to play with a run: its questions, its server, and in a browser where there is one."""

import base64
import http.client
import io
import json
import shutil
import subprocess
import threading
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from tfgmmgan.cli import explore as explore_cli
from tfgmmgan.cli import run_command
from tfgmmgan.data.scaling import to_uint8
from tfgmmgan.explore import Explorer, make_server
from tfgmmgan.kinds import names_of
from tfgmmgan.training import make_config, train
from tfgmmgan.utils.errors import UserError

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
TINY = {
    "epochs": 1,
    "num_components": 3,
    "latent_dim": 4,
    "batch_size": 256,
    "model.width": 0.05,
    "clusterer.width": 0.05,
    "clusterer.steps": 4,
    "clusterer.self_training_rounds": 0,
    "clusterer.descriptor": "pixels",
    "evaluation.samples": 50,
    "evaluation.trade_off_samples": 0,
    "evaluation.every_epochs": 0,
}


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    run, _ = train(make_config("modegan", "digits", **TINY), str(tmp_path_factory.mktemp("runs") / "a <run>"))
    return Explorer(run.path)


def pixels(uri):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))


def as_file(image):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def test_the_kinds_are_told_with_images(explorer):
    about = explorer.about()
    model = explorer.model
    assert about["shape"] == [8, 8, 1] and about["recognises"] and about["run"] == "a <run>"
    np.testing.assert_allclose([kind["share"] for kind in about["kinds"]], model.prior.mixture_probs(), atol=1e-6)
    told = model.responsibilities(explorer.real)
    for number, kind in enumerate(about["kinds"]):
        drawn = to_uint8(model.generate(8, number, seed=0))[..., 0]
        np.testing.assert_array_equal(pixels(kind["drawn"]), np.concatenate(list(drawn), axis=1))
        own = told.argmax(axis=1) == number
        assert (kind["real"] is not None) == own.any()
        if own.any():
            best = explorer.real[own][told[own, number].argmax(), :, :, 0]
            np.testing.assert_array_equal(pixels(kind["real"])[:, :8], best)
    assert any(kind["real"] for kind in about["kinds"])


def test_weights_decide_on_what_is_drawn(explorer):
    found = explorer.draw([0, 2.0, 0], variance=0.5, seed=3, num=11)
    assert found["kinds"] == [1] * 11 and pixels(found["image"]).shape == (16, 64)
    drawn = to_uint8(explorer.model.generate(11, np.full(11, 1), 0.5, 3))
    np.testing.assert_array_equal(pixels(found["image"])[8:, 8:16], drawn[9, :, :, 0])
    kinds = explorer.draw([3, 0, 1], num=100)["kinds"]
    assert 55 < kinds.count(0) < 95 and kinds.count(1) == 0
    np.testing.assert_array_equal(
        pixels(explorer.between([1, 1, 0], seed=5)["image"]),
        to_uint8(explorer.model.interpolate([[0.5, 0.5, 0]], seed=5))[0, :, :, 0],
    )


@pytest.mark.parametrize("weights", [[0, 0, 0], [1, 1], [1, -1, 1], ["a", 1, 1], [float("nan"), 1, 1], "abc", None])
def test_weights_that_are_none(explorer, weights):
    with pytest.raises((UserError, ValueError)):
        explorer.draw(weights)


def test_an_image_of_somebodys_is_recognised(explorer):
    mine = explorer.real[7]
    found = explorer.recognise(as_file(mine[:, :, 0]))
    np.testing.assert_array_equal(pixels(found["seen"]), mine[:, :, 0])
    np.testing.assert_allclose(found["probabilities"], explorer.model.responsibilities(mine[None])[0], atol=1e-4)
    np.testing.assert_array_equal(pixels(found["nearest"])[:, :8], mine[:, :, 0])  # it is there
    assert pixels(found["drawn"]).shape == (8, 64)
    photo = np.random.default_rng(0).integers(0, 256, (40, 90, 3), dtype=np.uint8)
    assert pixels(explorer.recognise(as_file(photo))["seen"]).shape == (8, 8)
    for wrong in ("no base64 !", base64.b64encode(b"no image").decode()):
        with pytest.raises(UserError, match="no image that can be read"):
            explorer.recognise(wrong)


def test_without_the_dataset(explorer, tmp_path, monkeypatch):
    """And names, which are kept in the run."""
    shutil.copytree(explorer.run.path, tmp_path / "run")
    text = (tmp_path / "run" / "config.yaml").read_text().replace("dataset: digits", "dataset: folder")
    (tmp_path / "run" / "config.yaml").write_text(text.replace("path: null", "path: gone"))
    alone = Explorer(tmp_path / "run")
    assert alone.real is None and alone.about()["kinds"][0]["real"] is None
    assert alone.recognise(as_file(explorer.real[0, :, :, 0]))["nearest"] is None
    assert alone.rename(1, " <b>Zwei</b>\n ")["names"] == ["", "<b>Zwei</b>", ""]
    assert alone.rename(2, "drei")["names"] == ["", "<b>Zwei</b>", "drei"]
    assert names_of(tmp_path / "run") == {1: "<b>Zwei</b>", 2: "drei"}
    assert [kind["name"] for kind in Explorer(tmp_path / "run").about()["kinds"]] == ["", "<b>Zwei</b>", "drei"]
    with pytest.raises(UserError, match="cluster must be from 0 to 2; got 3"):
        alone.rename(3, "vier")


def test_points_are_not_explored(tmp_path):
    options = {"epochs": 1, "model.width": 0.05, "evaluation.every_epochs": 0, "evaluation.samples": 50}
    run, _ = train(make_config("gan", "toy3x3", **options), str(tmp_path / "run"))
    with pytest.raises(UserError, match="makes points"):
        Explorer(run.path)


@contextmanager
def serving(explorer, **options):
    server, address = make_server(explorer, **options)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1], address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(port, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, content


def test_the_server_answers_its_page_alone(explorer):
    json_kind = {"Content_Type": "application/json"}
    with serving(explorer) as (port, address):
        assert address == f"http://localhost:{port}/"
        status, page = answer(port, "GET", "/")
        assert status == 200 and b"a \\u003crun>" in page and b"{{" not in page
        question = json.dumps({"weights": [1, 1, 1], "num": 4})
        status, content = answer(port, "POST", "/draw", question, **json_kind)
        assert status == 200 and pixels(json.loads(content)["image"]).shape == (8, 32)
        for expected, method, path, body, headers in (
            (404, "GET", "/records.json", None, {}),
            (400, "POST", "/draw", question, {"Content_Type": "text/plain"}),  # as a form of another page would
            (400, "POST", "/about", "{}", json_kind),
            (400, "POST", "/__init__", "{}", json_kind),
            (400, "POST", "/draw", "no json", json_kind),
            (400, "POST", "/draw", "[1]", json_kind),
            (400, "POST", "/draw", '{"weights": [1, 1, 1], "other": 1}', json_kind),
            (400, "POST", "/draw", '{"weights": [0, 0, 0]}', json_kind),
            (400, "POST", "/draw", '{"weights": [1, 1, 1], "variance": -1}', json_kind),
            (403, "POST", "/draw", question, {**json_kind, "Host": f"evil.example:{port}"}),
        ):
            status, content = answer(port, method, path, body, **headers)
            assert status == expected and json.loads(content)["error"], (path, body)
        with pytest.raises(UserError, match=f"Port {port} can't be had"):
            make_server(explorer, port)


def test_others_need_the_key(explorer):
    with serving(explorer, share=True) as (port, address):
        path = address.partition(str(port))[2]
        assert answer(port, "GET", "/")[0] == 403 and answer(port, "GET", "/?key=wrong")[0] == 403
        assert answer(port, "GET", path, Host="another.example")[0] == 200


def test_the_command(explorer, capsys, monkeypatch):
    class Served:
        def serve_forever(self):
            raise KeyboardInterrupt

        def server_close(self):
            print("closed")

    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("tfgmmgan.explore.make_server", lambda found, port, share: (Served(), f"{port} {share}"))
    path = str(explorer.run.path)
    assert run_command(explore_cli.command, [path, "--port", "8123"], "x") == 0
    assert opened == ["8123 False"] and "Ended.\nclosed" in capsys.readouterr().out
    assert run_command(explore_cli.command, [path, "--share", "--no_browser"], "x") == 0
    assert len(opened) == 1 and "may rename kinds" in capsys.readouterr().out
    assert run_command(explore_cli.command, [path, "--port", "70000"], "x") == 2
    assert run_command(explore_cli.command, ["nowhere"], "x") == 2


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_in_a_browser(explorer, tmp_path):
    """The page asks and is answered: after some seconds there is an image at each place."""
    with serving(explorer) as (_, address):
        command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
        more = ["--disable-background-networking", "--virtual-time-budget=20000", "--dump-dom", address]
        page = subprocess.run([*command, *more], capture_output=True, text=True, timeout=120).stdout
    assert 'id="said" class="warn" role="status"></p>' in page  # no error
    for name in ("drawn", "between"):
        tag = page[page.index(f'<img id="{name}"') :]
        assert 'src="data:image/png;base64,' in tag[: tag.index(">")]
    assert page.count('aria-label="Name of kind') == 3
