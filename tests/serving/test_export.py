"""The SavedModel, read by a process that does not have this package, and by TensorFlow's own command."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan import GAN, GMMGAN, export
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
np.savez(
    sys.argv[4],
    generate=call["generate"](
        component=tf.constant([2, 0, 1]), variance_scale=tf.constant(0.5), seed=seed)["examples"],
    default=call["serving_default"](
        component=tf.constant([2, 0, 1]), variance_scale=tf.constant(0.5), seed=seed)["examples"],
    **{f"sample_{k}": v for k, v in call["sample"](seed=seed, num=tf.constant(7)).items()},
    interpolate=call["interpolate"](weights=tf.constant([[1.0, 0, 0], [0.5, 0.5, 0]]), seed=seed)["examples"],
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
    expected = model.generate(3, component=[2, 0, 1], variance_scale=0.5, seed=5)
    np.testing.assert_allclose(answers["generate"], expected, **close)
    np.testing.assert_allclose(answers["default"], expected, **close)
    np.testing.assert_allclose(answers["sample_examples"], model.generate(7, seed=5), **close)
    np.testing.assert_array_equal(answers["sample_component"], model.prior.sample_ids(7, seed))
    np.testing.assert_allclose(answers["interpolate"], model.interpolate([[1, 0, 0], [0.5, 0.5, 0]], seed=5), **close)
    np.testing.assert_allclose(answers["uint8"], model.responsibilities(images), **close)
    np.testing.assert_allclose(answers["floats"], model.responsibilities(images), **close)


@pytest.fixture(scope="module")
def served(model, tmp_path_factory):
    return tf.saved_model.load(str(export(model, tmp_path_factory.mktemp("served")))).signatures


@pytest.mark.parametrize(
    ("signature", "given", "says"),
    [
        ("generate", {"component": [3]}, r"component must be in \[0, 3\)"),
        ("generate", {"component": [-1]}, r"component must be in \[0, 3\)"),
        ("generate", {"variance_scale": -1.0}, "variance_scale must be finite and not negative"),
        ("generate", {"variance_scale": np.nan}, "variance_scale must be finite"),
        ("generate", {"variance_scale": np.inf}, "variance_scale must be finite"),
        ("sample", {"num": -1}, "num must not be negative"),
        ("interpolate", {"weights": [[1.0, 1.0, 0.0]]}, "non-negative and sum to 1"),
        ("interpolate", {"weights": [[1.0, 0.0, 0.0], [2.0, -1.0, 0.0]]}, "non-negative and sum to 1"),
        ("interpolate", {"weights": [[0.0, 0.0, 0.0]]}, "non-negative and sum to 1"),
        ("interpolate", {"weights": [[np.nan, 1.0, 0.0]]}, "non-negative and sum to 1"),
        ("responsibilities", {"images": np.full((1, 8, 8, 1), np.nan)}, r"must lie in \[-1, 1\]"),
        ("responsibilities", {"images": np.full((1, 8, 8, 1), 200.0)}, r"must lie in \[-1, 1\]"),
    ],
)
def test_what_means_nothing_is_refused(served, signature, given, says):
    right = {
        "generate": {"component": [0], "variance_scale": 1.0, "seed": [0, 1]},
        "sample": {"num": 2, "seed": [0, 1]},
        "interpolate": {"weights": [[1.0, 0.0, 0.0]], "seed": [0, 1]},
        "responsibilities": {"images": np.zeros((1, 8, 8, 1))},
    }[signature]
    specs = served[signature].structured_input_signature[1]

    def call(values):
        return served[signature](**{name: tf.constant(value, specs[name].dtype) for name, value in values.items()})

    assert all(np.isfinite(value).all() for value in call(right).values())
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
    assert set(gan.signatures) == {"serving_default", "generate", "sample", "interpolate"}
    points = tf.saved_model.load(str(export(GMMGAN((2,), 3, 2, width=0.1), tmp_path / "points")))
    assert "responsibilities_uint8" not in points.signatures
    assert points.signatures["sample"](seed=tf.constant([0, 1]), num=tf.constant(4))["examples"].shape == (
        4,
        2,
    )


def test_seeds_of_the_client_are_ours():
    assert make_seed(5).numpy().tolist() == [5, 0]
    np.testing.assert_array_equal(normal([3], make_seed(5)), tf.random.stateless_normal([3], [5, 0]))
    assert (make_seed(None).numpy() != make_seed(None).numpy()).any()
