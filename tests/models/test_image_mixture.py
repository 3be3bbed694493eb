"""scikit-learn's door."""

import joblib
import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from tfgmmgan import ImageClusterer, ImageMixture
from tfgmmgan.evaluation import cluster_scores
from tfgmmgan.utils.errors import UserError

QUICK = {"descriptor": "pixels", "steps": 4, "self_training_rounds": 0, "width": 0.05}


def tiny(n_components=3, **options):
    clusterer = ImageClusterer(**{**QUICK, **options.pop("clusterer", {})})
    return ImageMixture(n_components, clusterer=clusterer, **{"steps": 2, "width": 0.05, "latent_dim": 3, **options})


@pytest.mark.slow
@parametrize_with_checks([tiny(2, clusterer={"steps": 1, "width": 0.03}, steps=1, width=0.03)])
def test_it_is_a_scikit_learn_estimator(estimator, check):
    """scikit-learn itself skips one, `check_array_api_input`, as it does for `LinkClustering`."""
    check(estimator)


@pytest.fixture(scope="module")
def fitted():
    """Of scikit-learn's digits, as rows of 0 to 16."""
    rows = load_digits().data[:200]
    return tiny(4).fit(rows), rows


def test_what_a_gaussian_mixture_has(fitted):
    mixture, rows = fitted
    usual = GaussianMixture(4, random_state=0).fit(rows)
    for name in ("weights_", "n_features_in_"):
        assert np.shape(getattr(mixture, name)) == np.shape(getattr(usual, name))
    for name in ("predict", "predict_proba", "score_samples"):
        found, expected = getattr(mixture, name)(rows[:7]), getattr(usual, name)(rows[:7])
        assert found.shape == expected.shape
    assert mixture.weights_.sum() == pytest.approx(1) and mixture.n_components_ == 4
    np.testing.assert_array_equal(mixture.labels_, mixture.predict(rows))
    np.testing.assert_allclose(mixture.predict_proba(rows).mean(axis=0), mixture.weights_, atol=1e-6)
    assert mixture.score(rows) == pytest.approx(mixture.score_samples(rows).mean())
    (images, components), (others, _) = mixture.sample(30), usual.sample(30)
    assert images.shape == others.shape and components.shape == (30,)
    assert images.dtype == rows.dtype and images.min() >= 0 and images.max() <= 16
    assert (np.diff(components) >= 0).all() and set(components) <= set(range(4))
    again, _ = mixture.sample(30)
    np.testing.assert_array_equal(images, again)
    drawn = (mixture.model_.generate(30, components, seed=0) + 1) * 8  # 0 to 16
    np.testing.assert_allclose(images, drawn.reshape(30, 64), atol=1e-5)
    for wrong in (0, 1.5):
        with pytest.raises(UserError, match="a whole number of at least 1"):
            mixture.sample(wrong)


def test_what_is_far_from_all_is_not_typical(fitted):
    mixture, rows = fitted
    strange = np.random.default_rng(0).uniform(0, 16, (5, 64))
    assert mixture.score_samples(strange).max() < np.median(mixture.score_samples(rows))


def test_it_is_kept_and_put_together(fitted, tmp_path):
    mixture, rows = fitted
    joblib.dump(mixture, tmp_path / "mixture.joblib")
    again = joblib.load(tmp_path / "mixture.joblib")
    np.testing.assert_array_equal(again.predict_proba(rows), mixture.predict_proba(rows))
    np.testing.assert_array_equal(again.sample(5)[0], mixture.sample(5)[0])
    new = clone(mixture)
    assert not hasattr(new, "labels_") and new.get_params()["clusterer__steps"] == 4
    pipeline = make_pipeline(new.set_output(transform="default"), LogisticRegression())
    labels = load_digits().target[:200]
    assert pipeline.fit(rows, labels).predict(rows).shape == (200,)
    assert pipeline[0].get_feature_names_out().tolist() == [f"imagemixture{kind}" for kind in range(4)]
    np.testing.assert_allclose(pipeline[0].transform(rows[:3]), mixture.predict_proba(rows[:3]), atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((8, 8), np.uint8), ((8, 8, 3), np.float32), ((10, 7, 1), np.int64), ((9, 12), bool), ((5, 5), np.uint8)],
)
def test_images_come_back_as_they_were_given(shape, dtype):
    rng = np.random.default_rng(0)
    most = {np.uint8: 200, np.int64: 4000}.get(dtype, 1)
    images = (rng.uniform(size=(30, *shape)) * (most + 0.99)).astype(dtype)
    mixture = tiny(2).fit(images)
    assert mixture.model_.data_shape[0] % 4 == mixture.model_.data_shape[1] % 4 == 0
    assert mixture.image_shape_ == (*shape, 1)[:3]
    drawn, _ = mixture.sample(6)
    assert drawn.shape == (6, *shape) and drawn.dtype == dtype
    assert drawn.min() >= images.min() or dtype is np.uint8
    assert drawn.max() <= (255 if dtype is np.uint8 else images.max())
    assert mixture.predict(list(images)).shape == (30,)
    with pytest.raises(UserError, match="as in fit"):
        mixture.predict(np.zeros((2, 4, 4), dtype))


def test_rows_have_the_shape_that_is_said(fitted):
    _, rows = fitted
    mixture = tiny(2, image_shape=(4, 16)).fit(rows)
    assert mixture.image_shape_ == (4, 16, 1) and mixture.model_.data_shape == (8, 16, 1)
    np.testing.assert_array_equal(mixture._images(rows)[:, :4, :, 0].reshape(-1, 64), (rows / 8 - 1).astype("f4"))
    with pytest.raises(UserError, match=r"of 64 values; got \(3, 16, 1\). Say image_shape"):
        tiny(2, image_shape=(3, 16)).fit(rows)


def test_the_number_of_kinds_and_the_seed_may_be_left_open_and_it_says_what_it_takes(fitted, capsys):
    _, rows = fitted
    mixture = tiny("auto", random_state=None, verbose=2, clusterer={"self_training_rounds": 1}).fit(rows)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{len(rows)} images: a classifier learns their kinds in 10 steps, a GAN to draw them in 2."
    done = [int(line.split("/")[0]) for line in said if " - " in line and "/" in line]
    assert done == [4, 6, 2]  # Keras's lines
    assert mixture.n_components_ == mixture.clusterer_.n_clusters_ > 1
    assert (mixture.sample(4)[0] != mixture.sample(4)[0]).any()


def test_picture_files(tmp_path):
    paths = []
    for number in range(12):
        pixels = np.full((12, 12), 20 * number, np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{11 - number:02}.png")
        paths.append(str(tmp_path / f"{11 - number:02}.png"))
    mixture = tiny(2).fit(paths)
    levels = mixture._images(paths[:5])[:, 0, 0, 0]
    assert levels.tolist() == [0, 20, 40, 60, 80]
    assert mixture.predict(paths[:5]).shape == (5,) and mixture.sample(2)[0].dtype == np.uint8
    (tmp_path / "broken.png").write_bytes(b"broken")
    with pytest.raises(UserError, match=r"1 files can't be read, such as .*broken.png \(damaged"):
        mixture.predict([*paths, str(tmp_path / "broken.png")])


def test_what_is_wrong_is_said():
    with pytest.raises(UserError, match="NaN or infinite"):
        tiny(2).fit(np.full((5, 8, 8), np.nan))
    with pytest.raises(UserError, match="steps must be a whole number, at least 1"):
        tiny(2, steps=0).fit(np.zeros((5, 64)))
    with pytest.raises(UserError, match="6 kinds can't be found among 5 images"):
        tiny(6).fit(np.random.default_rng(0).uniform(size=(5, 64)))


@pytest.mark.slow
def test_scikit_learns_digits_by_one_changed_line():
    """The example of scikit-learn's mixtures on digits, with another mixture; labels are for the score alone."""
    digits = load_digits()
    scores = {}
    for mixture in (
        GaussianMixture(10, covariance_type="diag", random_state=0),
        ImageMixture(10, steps=60, random_state=0),
    ):
        labels = mixture.fit_predict(digits.data)
        images, components = mixture.sample(100)
        assert images.shape == (100, 64) and components.shape == (100,)
        scores[type(mixture).__name__] = cluster_scores(digits.target, labels)["acc"]
    assert scores["ImageMixture"] > 0.85 > scores["GaussianMixture"]
