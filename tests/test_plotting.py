import numpy as np
from PIL import Image

from tfgmmgan.data import load
from tfgmmgan.plotting import image_grid, pair_weights, triple_weights, write_figures


def test_image_grid_places_every_image():
    images = np.zeros((2, 3, 4, 4, 1), np.uint8)
    images[1, 2] = 200
    picture = np.asarray(image_grid(images, tile=8, gap=2))
    assert picture.shape == (2 + 2 * 10, 2 + 3 * 10, 3)
    assert (picture[12:20, 22:30] == 200).all() and (picture[2:10, 2:10] == 0).all()
    assert (picture[:2] == (0x7F, 0x93, 0xA8)).all()


def test_row_labels_make_room():
    images = np.zeros((2, 1, 8, 8, 3), np.float32)
    plain, labelled = image_grid(images), image_grid(images, ["mode 0", "mode 1"])
    assert labelled.width > plain.width + 30 and labelled.height == plain.height


def test_pair_weights():
    weights = pair_weights(4, 1, 3, steps=5)
    np.testing.assert_allclose(weights[:, 1], [1, 0.75, 0.5, 0.25, 0])
    np.testing.assert_allclose(weights[:, 3], [0, 0.25, 0.5, 0.75, 1])
    assert (weights[:, [0, 2]] == 0).all()


def test_triple_weights():
    weights = triple_weights(4, (0, 2, 3), steps=3)
    np.testing.assert_allclose(weights.sum(-1), 1)
    np.testing.assert_allclose(weights[0, :, 2], [0, 0.5, 1])  # top: first to second
    np.testing.assert_allclose(weights[:, 0, 3], [0, 0.5, 1])  # left: first to third
    np.testing.assert_allclose(weights[2, 0], [0, 0, 0, 1])
    np.testing.assert_allclose(weights[2, 2], [0, 0, 1, 0])  # bottom: third to second
    np.testing.assert_allclose(weights[1, 1], [0.25, 0, 0.5, 0.25])  # all three on the diagonal
    steps = np.diff(weights, axis=1)
    np.testing.assert_allclose(steps[:, 0], steps[:, 1])  # rows are straight


def test_figures_show_the_same_noise_and_end_at_the_modes(tiny_gmmgan, tmp_path):
    model = tiny_gmmgan()
    data = load("digits")
    files = write_figures(model, data, tmp_path, "a", tmp_path / "logs", step=3)
    assert [path.name for path in files] == ["a_samples.png", "a_pairs.png", "a_triple.png"]
    assert list((tmp_path / "logs" / "figures").iterdir())
    again = write_figures(model, data, tmp_path, "b")
    for first, second in zip(files, again, strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(first)), np.asarray(Image.open(second)))


def test_two_components_have_one_pair_and_no_triple(tiny_gmmgan, tmp_path):
    files = write_figures(tiny_gmmgan(num_components=2), load("digits"), tmp_path, "a")
    assert [path.name for path in files] == ["a_samples.png", "a_pairs.png"]
