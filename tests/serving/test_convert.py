"""What other programs open, each in its own runtime, in a process without TensorFlow."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgmmgan
from tfgmmgan import GAEL, GMMGAN, ImageClusterer, SubclassMixture, UserError
from tfgmmgan.serving import export_keras, export_onnx, export_tflite, export_web
from tfgmmgan.serving.convert import about
from tfgmmgan.serving.portable import portable_functions

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "export.md"
CLIENT = """
import json, sys
from pathlib import Path
import numpy as np
folder, given = Path(sys.argv[1]), dict(np.load(sys.argv[2]))
answers = {}
for name, function in json.loads((folder / "model.json").read_text())["functions"].items():
    file, inputs = str(folder / function["file"]), {key: given[key] for key in function["inputs"]}
    for rows in (1, 5):
        part = {key: value[:rows] for key, value in inputs.items()}
        if file.endswith(".onnx"):
            import onnxruntime
            (answer,) = onnxruntime.InferenceSession(file).run(None, part)
        else:
            from ai_edge_litert.interpreter import Interpreter
            (answer,) = Interpreter(file).get_signature_runner(name)(**part).values()
        assert len(answer) == rows
    answers[name] = answer
np.savez(sys.argv[3], **answers)
assert not {"tensorflow", "keras", "tfgmmgan"} & set(sys.modules)
"""


def asked(model):
    """Five rows of everything that a model may be asked."""
    rng, prior = np.random.default_rng(0), model.prior
    return {
        "z": rng.normal(size=(5, prior.latent_dim)).astype(np.float32),
        "component": np.arange(5, dtype=np.int32) % prior.num_components,
        "noise": rng.normal(size=(5, prior.latent_dim)).astype(np.float32),
        "variance_scale": np.array([0, 0.5, 1, 1, 2], np.float32),
        "place": np.array([0, 0.2, 0.5, 0.8, 0.999], np.float32),
        "weights": rng.dirichlet(np.ones(prior.num_components), 5).astype(np.float32),
        "images": rng.uniform(-1, 1, (5, *model.data_shape)).astype(np.float32),
    }


def answers_of(folder, given, tmp_path):
    """What the files in a folder answer, in a process that has never heard of TensorFlow."""
    np.savez(tmp_path / "given.npz", **given)
    command = [sys.executable, "-P", "-c", CLIENT, folder, tmp_path / "given.npz", tmp_path / "answers.npz"]
    subprocess.run(command, check=True, cwd=tmp_path, env={"PATH": "", "PYTHONPATH": ""})
    return dict(np.load(tmp_path / "answers.npz"))


def expected_of(model, given):
    """The same by the model's own methods."""
    eps = given["noise"] * np.sqrt(given["variance_scale"])[:, None]
    mixed, one = eps, eps
    if model.prior.num_subclasses:
        upper = model.prior.subclass_probs.numpy().cumsum(axis=1)
        chosen = np.array([[np.searchsorted(row, place, "right") for row in upper] for place in given["place"]])
        mixed = given["noise"][:, None] + model.prior.offsets.numpy()[chosen]  # (5, K, d)
        mixed = mixed * np.sqrt(given["variance_scale"])[:, None, None]
        one = mixed[np.arange(5), given["component"]]
    found = {
        "decode": model.decode(given["z"]),
        "generate": model.decode(model.prior.place(tf.constant(one), given["component"])),
        "interpolate": model.decode(model.prior.interpolate(given["weights"], mixed)),
    }
    if "responsibilities" in model.capabilities:
        found["responsibilities"] = model.responsibilities(given["images"])
    if "encode" in model.capabilities:
        found["encode"] = model.encode(given["images"])
    return found


def make(name, tiny_modegan):
    if name == "modegan":
        prior = SubclassMixture(3, 4, subclasses=2)
        prior.set_subclass_probs(np.random.default_rng(0).dirichlet(np.ones(6), 3))
        return tiny_modegan(prior=prior, clusterer=ImageClusterer(3))
    if name == "gael":
        model = GAEL((8, 8, 1), num_components=3, latent_dim=4, width=0.1)
        model.prior.fit(np.random.default_rng(0).normal(size=(60, 4)) * [0.1, 0.2, 0.3, 0.1])
        return model
    return GMMGAN((2,), 3, 2, width=0.1)


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (export_onnx, "gael"),
        (export_tflite, "gael"),
        pytest.param(export_onnx, "modegan", marks=pytest.mark.slow),
        pytest.param(export_onnx, "points", marks=pytest.mark.slow),
        pytest.param(export_tflite, "modegan", marks=pytest.mark.slow),
        pytest.param(export_tflite, "points", marks=pytest.mark.slow),
    ],
)
def test_other_runtimes_draw_and_tell_the_same(write, name, tiny_modegan, tmp_path):
    model = make(name, tiny_modegan)
    given, written = asked(model), write(model, tmp_path / "written", names={1: "one"})
    answers, expected = answers_of(written, given, tmp_path), expected_of(model, given)
    assert set(answers) == set(expected) == set(portable_functions(model))
    for function, examples in expected.items():
        np.testing.assert_allclose(answers[function], examples, atol=1e-4, err_msg=function)
        assert abs(examples - examples[0]).max() > 1e-3  # not of rows that are all alike
    about = json.loads((written / "model.json").read_text())
    assert about["names"] == ["", "one", ""] and about["num_components"] == 3
    assert about["data_shape"] == list(model.data_shape) and about["latent_dim"] == model.latent_dim
    np.testing.assert_allclose(about["weights"], model.prior.mixture_probs(), atol=1e-6)
    with pytest.raises(UserError, match="is not an empty directory"):
        write(model, written)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.npz", "given.npz", "written"]
    if name == "gael":  # as the guide says it
        form = "onnx" if write is export_onnx else "tflite"
        blocks = re.findall(r"^```py\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
        (code,) = [block for block in blocks if f"seed0/{form}" in block]
        code = code.replace(f"saved_models/digits-modegan-seed0/{form}", str(written))
        code += "import sys\nassert examples.shape == (16, 8, 8, 1) and 'tensorflow' not in sys.modules\n"
        subprocess.run([sys.executable, "-P", "-c", code], check=True, cwd=tmp_path)


def test_a_place_chooses_the_subclass(tiny_modegan):
    model = make("modegan", tiny_modegan)
    given, expected = asked(model), expected_of(model, asked(model))
    for name in ("generate", "interpolate"):
        function, inputs = portable_functions(model)[name]
        assert inputs[-1].name == "place"
        drawn = function(*(tf.constant(given[one.name]) for one in inputs))["examples"]
        np.testing.assert_allclose(drawn, expected[name], atol=1e-5)


@pytest.mark.slow
def test_what_litert_lacks_is_one_line(tmp_path):
    model = GMMGAN((32, 32, 1), 3, 4, architecture="resnet", width=0.05)
    with pytest.raises(UserError, match="--format onnx has them all"):
        export_tflite(model, tmp_path / "tflite")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("count", [3, 7, 50])
def test_the_told_weights_are_a_distribution_to_numpy(count):
    model = GMMGAN((2,), count, 2, width=0.1)
    told = json.loads(json.dumps(about(model, {}, {})))
    np.random.default_rng(0).choice(count, 2, p=told["weights"])
    np.testing.assert_allclose(told["weights"], model.prior.mixture_probs(), rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("write", "precision"), [(export_onnx, "float16"), (export_tflite, "float16"), (export_tflite, "int8")]
)
def test_fewer_bits_are_smaller_and_nearly_the_same(write, precision, tmp_path):
    model = tfgmmgan.GAN((8, 8, 1), latent_dim=4, width=0.1)
    given = asked(model)
    whole, small = (write(model, tmp_path / bits, bits) for bits in ("float32", precision))
    sizes = [sum(path.stat().st_size for path in folder.iterdir()) for folder in (whole, small)]
    assert sizes[1] < 0.8 * sizes[0]
    answers, expected = answers_of(small, given, tmp_path), expected_of(model, given)
    assert expected["decode"].std() > 0.005
    np.testing.assert_allclose(answers["decode"], expected["decode"], atol=2e-3)
    assert abs(answers["decode"] - expected["decode"]).max() > 1e-6  # it is of fewer bits


@pytest.mark.slow
def test_a_model_of_bfloat16_is_computed_in_float32(tmp_path):
    model = GMMGAN((8, 8, 1), 3, 4, width=0.1, dtype="mixed_bfloat16")
    given, before = asked(model), model.decode(asked(model)["z"])
    answers = answers_of(export_onnx(model, tmp_path / "onnx"), given, tmp_path)
    np.testing.assert_allclose(answers["decode"], before, atol=0.01)
    assert model.generator.blocks[0].compute_dtype == "bfloat16"  # as it was
    exact = GMMGAN((8, 8, 1), 3, 4, width=0.1)
    exact.set_weights(model.get_weights())
    np.testing.assert_allclose(answers["decode"], exact.decode(given["z"]), atol=1e-5)


def test_keras_files_open(tmp_path):
    for model in (make("gael", None), GMMGAN((8, 8, 1), 3, 4, width=0.1)):
        given, expected = asked(model), expected_of(model, asked(model))
        folder = export_keras(model, tmp_path / type(model).__name__)
        opened = {path.stem: keras.models.load_model(path) for path in folder.glob("*.keras")}
        np.testing.assert_allclose(opened["generator"](given["z"]), expected["decode"], atol=1e-5)
        if "classifier" in opened:
            told = tf.nn.softmax(opened["classifier"](given["images"]))
            np.testing.assert_allclose(told, expected["responsibilities"], atol=1e-5)
        if "encoder" in opened:
            np.testing.assert_allclose(opened["encoder"](given["images"]), expected["encode"], atol=1e-5)
        assert len(opened) == 2


def test_a_missing_converter_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(UserError, match=re.escape("pip install 'tfgmmgan[onnx]'")):
        export_onnx(GMMGAN((2,), 3, 2, width=0.1), tmp_path / "onnx")
    assert not list(tmp_path.iterdir())


def test_the_page_asks_for_nothing_elsewhere(tiny_modegan, tmp_path):
    with pytest.raises(UserError, match="npm install onnxruntime-web"):
        export_web(tiny_modegan(), tmp_path / "web", tmp_path)
    with pytest.raises(UserError, match="examples of shape"):
        export_web(GMMGAN((2,), 3, 2, width=0.1), tmp_path / "web")
    (tmp_path / "dist").mkdir()
    for part in ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"):
        (tmp_path / "dist" / part).write_text(part)
    folder = export_web(tiny_modegan(), tmp_path / "web", tmp_path, names={2: "</script> two"})
    page = (folder / "index.html").read_text()
    about = json.loads(re.search(r'<script id="about" type="application/json">(.*?)</script>', page, re.S)[1])
    assert about["names"][2] == "</script> two" and about["functions"]["interpolate"]["file"] == "interpolate.onnx"
    assert "--accent:" in page and "{{" not in page
    assert set(re.findall(r"https?://[^\s\"']*", page)) == {"http://localhost:8000"}  # what is said, not asked
    named = set(re.findall(r"[\w.-]+\.(?:mjs|wasm|onnx)(?=\")", page))
    assert {path.name for path in folder.iterdir()} == {"index.html", *named}


NODE = """
const fs = require("fs"), [page, runtime, file] = process.argv.slice(1), ort = require(runtime);
const given = JSON.parse(fs.readFileSync(file)), K = given.weights[0].length;
(async () => {
  const session = await ort.InferenceSession.create(page + "/interpolate.onnx");
  const shape = rows => rows[0].length ? [rows.length, rows[0].length] : [rows.length];
  const tensor = rows => new ort.Tensor("float32", rows.flat(), shape(rows));
  const feeds = Object.fromEntries(session.inputNames.map(name => [name, tensor(given[name])]));
  console.log(JSON.stringify(Array.from((await session.run(feeds)).examples.data)));
})();
"""
ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not shutil.which("node"), reason="no node")
@pytest.mark.skipif(not (ROOT / "node_modules" / "onnxruntime-web").is_dir(), reason="no onnxruntime-web")
def test_the_runtime_of_the_page_draws_the_same(tiny_modegan, tmp_path):
    model, runtime = make("modegan", tiny_modegan), ROOT / "node_modules" / "onnxruntime-web"
    given, folder = asked(model), export_web(model, tmp_path / "web", runtime)
    (tmp_path / "given.json").write_text(json.dumps({name: value.tolist() for name, value in given.items()}))
    command = ["node", "-e", NODE, folder, runtime, tmp_path / "given.json"]
    drawn = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    np.testing.assert_allclose(np.reshape(drawn, (5, 8, 8, 1)), expected_of(model, given)["interpolate"], atol=1e-4)
