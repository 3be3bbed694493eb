"""The SavedModel, read by a process that does not have this package, and by TensorFlow's own command."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgmmgan import GAEL, GAN, GMMGAN, export
from tfgmmgan.data.images import read_image
from tfgmmgan.data.options import DataOptions
from tfgmmgan.serving import signatures as signatures_module
from tfgmmgan.serving.export import exported_steps
from tfgmmgan.utils.random import make_seed, normal

CLIENT = """
import json, sys
import numpy as np
import tensorflow as tf
assert "tfgmmgan" not in sys.modules
model = tf.saved_model.load(sys.argv[1])
images = np.load(sys.argv[2])
seed = tf.constant(json.loads(sys.argv[3]), tf.int32)
call = model.signatures
rows = {
    "component": tf.constant([2, 0, 1]),
    "variance_scale": tf.constant([0.5, 1.0, 0.0]),
    "seed": tf.constant([5, 2**40 + 3, 5], tf.int64),
}
weights = tf.constant([[1.0, 0, 0], [0.5, 0.5, 0]])
np.savez(
    sys.argv[4],
    generate=call["generate"](**rows)["examples"],
    default=call["serving_default"](**rows)["examples"],
    legacy=call["legacy_generate"](
        component=tf.constant([2, 0, 1]), variance_scale=tf.constant(0.5), seed=seed)["examples"],
    **{f"sample_{k}": v for k, v in call["sample"](seed=rows["seed"]).items()},
    **{f"legacy_{k}": v for k, v in call["legacy_sample"](seed=seed, num=tf.constant(7)).items()},
    interpolate=call["interpolate"](weights=weights, seed=rows["seed"][:2])["examples"],
    legacy_interpolate=call["legacy_interpolate"](weights=weights, seed=seed)["examples"],
    uint8=call["responsibilities_uint8"](images=tf.constant(images))["responsibilities"],
    floats=call["responsibilities"](images=tf.constant(images / 127.5 - 1, tf.float32))["responsibilities"],
)
assert "tfgmmgan" not in sys.modules
"""


@pytest.fixture(scope="module")
def model():
    model = GMMGAN((8, 8, 1), num_components=3, latent_dim=4, width=0.1)
    model.compile()
    return model


def test_signatures_in_a_process_without_the_package(model, images, tmp_path):
    path = export(model, tmp_path / "serving")
    assert path == tmp_path / "serving" / "1"
    np.save(tmp_path / "images.npy", images)
    seed = make_seed(5)
    (tmp_path / "client.py").write_text(CLIENT)
    subprocess.run(
        [
            sys.executable,
            "-P",
            "client.py",
            path,
            "images.npy",
            json.dumps(seed.numpy().tolist()),
            "answers.npz",
        ],
        cwd=tmp_path,
        check=True,
    )
    answers = np.load(tmp_path / "answers.npz")
    close = {"atol": 1e-5}
    seeds = (5, 2**40 + 3, 5)
    rows = zip((2, 0, 1), (0.5, 1.0, 0.0), seeds, strict=True)
    expected = np.concatenate([model.generate(1, *row) for row in rows])
    np.testing.assert_allclose(answers["generate"], expected, **close)
    np.testing.assert_allclose(answers["default"], expected, **close)
    expected = model.generate(3, component=[2, 0, 1], variance_scale=0.5, seed=5)
    np.testing.assert_allclose(answers["legacy"], expected, **close)
    drawn = np.concatenate([model.generate(1, seed=one) for one in seeds])
    np.testing.assert_allclose(answers["sample_examples"], drawn, **close)
    kinds = [int(model.prior.sample_ids(1, make_seed(one))[0]) for one in seeds]
    np.testing.assert_array_equal(answers["sample_component"], kinds)
    np.testing.assert_allclose(answers["legacy_examples"], model.generate(7, seed=5), **close)
    np.testing.assert_array_equal(answers["legacy_component"], model.prior.sample_ids(7, seed))
    weights = [[1, 0, 0], [0.5, 0.5, 0]]
    np.testing.assert_allclose(answers["legacy_interpolate"], model.interpolate(weights, seed=5), **close)
    alone = [model.interpolate([row], seed=one)[0] for row, one in zip(weights, seeds, strict=False)]
    np.testing.assert_allclose(answers["interpolate"], alone, **close)
    np.testing.assert_allclose(answers["uint8"], model.responsibilities(images), **close)
    np.testing.assert_allclose(answers["floats"], model.responsibilities(images), **close)


@pytest.fixture(scope="module")
def served(model, tmp_path_factory):
    return tf.saved_model.load(str(export(model, tmp_path_factory.mktemp("served")))).signatures


def file_of(pixels, form="PNG", **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("signature", "given", "says"),
    [
        ("generate", {"component": [3]}, r"component must be in \[0, 3\)"),
        ("generate_png", {"component": [-1]}, r"component must be in \[0, 3\)"),
        ("generate", {"variance_scale": [-1.0]}, "variance_scale must be finite and not negative"),
        ("generate", {"variance_scale": [np.nan]}, "variance_scale must be finite"),
        ("generate", {"variance_scale": [np.inf]}, "variance_scale must be finite"),
        ("generate", {"component": [], "variance_scale": [], "seed": []}, "the batch is empty"),
        ("sample", {"seed": []}, "the batch is empty"),
        ("generate", {"seed": [7, 8]}, "every input must have as many rows"),
        ("interpolate", {"seed": [7, 8]}, "every input must have as many rows"),
        ("legacy_generate", {"component": [3]}, r"component must be in \[0, 3\)"),
        ("legacy_generate", {"variance_scale": -1.0}, "variance_scale must be finite and not negative"),
        ("legacy_sample", {"num": -1}, "num must not be negative"),
        ("legacy_interpolate", {"weights": [[1.0, 1.0, 0.0]]}, "non-negative and sum to 1"),
        ("responsibilities_bytes", {"image_bytes": [b"no image"]}, "Unknown image file format"),
        ("responsibilities_bytes", {"image_bytes": [b""]}, "Input is empty"),
        ("interpolate", {"weights": [[1.0, 1.0, 0.0]]}, "non-negative and sum to 1"),
        ("interpolate", {"weights": [[1.0, 0.0, 0.0], [2.0, -1.0, 0.0]], "seed": [7, 8]}, "non-negative and sum to 1"),
        ("interpolate", {"weights": [[0.0, 0.0, 0.0]]}, "non-negative and sum to 1"),
        ("interpolate", {"weights": [[np.nan, 1.0, 0.0]]}, "non-negative and sum to 1"),
        ("responsibilities", {"images": np.full((1, 8, 8, 1), np.nan)}, r"must lie in \[-1, 1\]"),
        ("responsibilities", {"images": np.full((1, 8, 8, 1), 200.0)}, r"must lie in \[-1, 1\]"),
    ],
)
def test_what_means_nothing_is_refused(served, signature, given, says):
    right = {
        "generate": {"component": [0], "variance_scale": [1.0], "seed": [7]},
        "sample": {"seed": [7]},
        "interpolate": {"weights": [[1.0, 0.0, 0.0]], "seed": [7]},
        "legacy_generate": {"component": [0], "variance_scale": 1.0, "seed": [0, 1]},
        "legacy_sample": {"num": 2, "seed": [0, 1]},
        "legacy_interpolate": {"weights": [[1.0, 0.0, 0.0]], "seed": [0, 1]},
        "responsibilities": {"images": np.zeros((1, 8, 8, 1))},
        "responsibilities_bytes": {"image_bytes": [file_of(np.zeros((5, 9), np.uint8))]},
    }[signature.removesuffix("_png")]
    specs = served[signature].structured_input_signature[1]

    def call(values):
        return served[signature](**{name: tf.constant(value, specs[name].dtype) for name, value in values.items()})

    assert all(np.isfinite(value).all() for value in call(right).values() if value.dtype != tf.string)
    with pytest.raises(tf.errors.InvalidArgumentError, match=says):
        call({**right, **given})


def test_a_version_knows_after_how_many_steps_it_was_written(model, images, tmp_path):
    assert exported_steps(tmp_path / "nowhere") is None
    export(model, tmp_path)
    assert exported_steps(tmp_path) == int(model.optimizer.iterations)
    (tmp_path / "12").mkdir()
    assert exported_steps(tmp_path) is None  # nobody knows of that one


def test_saved_model_cli_lists_the_signatures(model, tmp_path):
    path = export(model, tmp_path)
    script = "import sys; from tensorflow.python.tools.saved_model_cli import main; sys.exit(main())"
    shown = subprocess.run(
        [sys.executable, "-c", script, "show", "--dir", path, "--tag_set", "serve", "--all"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in (
        "generate",
        "sample",
        "interpolate",
        "responsibilities",
        "responsibilities_uint8",
        "serving_default",
    ):
        assert f"signature_def['{name}']" in shown
    assert "inputs['variance_scale'] tensor_info" in shown


def test_versions_count_up_and_none_is_overwritten(model, tmp_path):
    (tmp_path / "4").mkdir()
    assert export(model, tmp_path).name == "5"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["4", "5"]


def test_models_without_classifier_and_of_points(tmp_path):
    gan = tf.saved_model.load(str(export(GAN((8, 8, 1), latent_dim=3, width=0.1), tmp_path / "gan")))
    names = {"generate", "sample", "interpolate"}
    more = {f"{name}_png" for name in names} | {f"legacy_{name}" for name in names}
    assert set(gan.signatures) == {"serving_default"} | names | more
    points = tf.saved_model.load(str(export(GMMGAN((2,), 3, 2, width=0.1), tmp_path / "points")))
    assert "responsibilities_uint8" not in points.signatures
    assert not [name for name in points.signatures if name.endswith(("_png", "_bytes"))]
    assert points.signatures["sample"](seed=tf.range(4, dtype=tf.int64))["examples"].shape == (4, 2)


def test_seeds_of_the_client_are_ours():
    assert make_seed(5).numpy().tolist() == [5, 0]
    np.testing.assert_array_equal(normal([3], make_seed(5)), tf.random.stateless_normal([3], [5, 0]))
    assert (make_seed(None).numpy() != make_seed(None).numpy()).any()


def test_a_row_is_the_same_wherever_it_is_in_a_batch(served):
    def call(rows):
        columns = (np.array(column) for column in zip(*rows, strict=True))
        names = ("component", "variance_scale", "seed")
        types = (tf.int32, tf.float32, tf.int64)
        given = {name: tf.constant(column, kind) for name, column, kind in zip(names, columns, types, strict=True)}
        return served["generate"](**given)["examples"].numpy()

    rows = [(1, 1.0, 7), (0, 1.0, 7), (1, 0.5, 8), (2, 1.0, -9), (1, 1.0, 7)]
    together = call(rows)
    for row, found in zip(rows, together, strict=True):
        np.testing.assert_allclose(call([row])[0], found, atol=1e-6)
    np.testing.assert_array_equal(together[0], together[4])
    assert abs(together[0] - together[1]).max() > 1e-3


def test_images_are_served_as_files(served):
    rows = {"component": tf.constant([2, 0]), "variance_scale": tf.ones([2]), "seed": tf.constant([5, 6], tf.int64)}
    weights = {"weights": tf.constant([[0.5, 0.5, 0]]), "seed": tf.constant([5], tf.int64)}
    for name, given in (("generate", rows), ("sample", {"seed": rows["seed"]}), ("interpolate", weights)):
        examples, drawn = served[name](**given), served[f"{name}_png"](**given)
        assert set(drawn) - {"component"} == {"image_bytes"} and ("component" in drawn) == (name == "sample")
        for example, file in zip(examples["examples"], drawn["image_bytes"].numpy(), strict=True):
            pixels = np.asarray(Image.open(io.BytesIO(file)))
            np.testing.assert_allclose(pixels / 127.5 - 1, example[:, :, 0], atol=1 / 255)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("crop", ["center", "none"])
def test_files_are_read_as_in_training(channels, crop, tmp_path):
    """Of pictures of all sorts, but for Pillow's rounding and clipping between its passes along the two axes."""
    model = GMMGAN((8, 12 if crop == "none" else 8, channels), num_components=3, latent_dim=4, width=0.1)
    model.compile()
    call = tf.saved_model.load(str(export(model, tmp_path, crop))).signatures["responsibilities_bytes"]
    rng = np.random.default_rng(0)
    waves = np.sin(np.arange(30)[:, None, None] / 5) + np.cos(np.arange(44)[:, None] / 7 + np.arange(4))
    pixels = ((waves - waves.min()) / np.ptp(waves) * 255).astype(np.uint8)
    files = {
        "colour.png": file_of(pixels[..., :3]),
        "colour.jpg": file_of(pixels[..., :3], "JPEG", quality=100, subsampling=0),
        "see-through.png": file_of(pixels),
        "grey.png": file_of(pixels[..., 0]),
        "grey and see-through.png": file_of(pixels[..., :2]),
        "small.png": file_of(rng.integers(0, 256, (3, 2, 3), dtype=np.uint8)),
        "mask.png": file_of(pixels[..., 0] > 100),
    }
    for name, file in files.items():
        (tmp_path / name).write_bytes(file)
        height, width = model.data_shape[:2]
        if height == width:
            expected = read_image(tmp_path / name, DataOptions(channels=channels, crop=crop), 8)
        else:
            image = read_image(tmp_path / name, DataOptions(channels=channels))
            expected = np.asarray(Image.fromarray(image.squeeze()).resize((width, height), Image.Resampling.BICUBIC))
        found = signatures_module._read(tf.constant(file), model.data_shape, crop).numpy()
        difference = abs(found.astype(int) - expected.reshape(found.shape))
        assert difference.mean() < 1 and difference.max() <= 12, (name, difference.mean(), difference.max())
        told = call(image_bytes=tf.constant([file]))["responsibilities"]
        np.testing.assert_allclose(told, model.responsibilities(found[None]), atol=1e-5)


def test_an_encoder_takes_files_and_gives_files(tmp_path):
    model = GAEL((8, 8, 1), num_components=3, latent_dim=4, width=0.1)
    model.compile()
    call = tf.saved_model.load(str(export(model, tmp_path))).signatures
    image = np.random.default_rng(0).integers(0, 256, (8, 8), dtype=np.uint8)
    file = tf.constant([file_of(image)])
    latents = call["encode_uint8"](images=tf.constant(image[None, :, :, None]))["latents"]
    np.testing.assert_allclose(call["encode_bytes"](image_bytes=file)["latents"], latents, atol=1e-6)
    drawn = call["reconstruct_bytes"](image_bytes=file)["examples"]
    png = call["reconstruct_png"](image_bytes=file)["image_bytes"].numpy()[0]
    pixels = np.asarray(Image.open(io.BytesIO(png)))
    np.testing.assert_allclose(pixels / 127.5 - 1, drawn[0, :, :, 0], atol=1 / 255)
