import numpy as np
from PIL import Image

from tfgmmgan import GAEL, GAN
from tfgmmgan.data import load
from tfgmmgan.data.scaling import to_uint8
from tfgmmgan.plotting import figures, image_grid, pair_weights, triple_weights, write_figures


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
    assert [path.name for path in files] == ["a_samples.png", "a_scales.png", "a_pairs.png", "a_triple.png"]
    assert list((tmp_path / "logs" / "figures").iterdir())
    again = write_figures(model, data, tmp_path, "b")
    for first, second in zip(files, again, strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(first)), np.asarray(Image.open(second)))


def test_two_components_have_one_pair_and_no_triple(tiny_gmmgan, tmp_path):
    files = write_figures(tiny_gmmgan(num_components=2), load("digits"), tmp_path, "a")
    assert [path.name for path in files] == ["a_samples.png", "a_scales.png", "a_pairs.png"]


def tile(picture, row, column, side=48, gap=2, left=0, top=0):
    """Return one enlarged tile of a grid of 8x8 images, as the 8x8 grey image it was."""
    y, x = top + gap + row * (side + gap), left + column * (side + gap)
    return np.asarray(picture)[y : y + side : 6, x : x + side : 6, 0]


def test_scales_are_of_the_same_noise(tiny_gmmgan, tmp_path):
    model = tiny_gmmgan()
    write_figures(model, load("digits"), tmp_path, "a")
    picture = Image.open(tmp_path / "a_scales.png")
    left = picture.width - 10 * 50
    for row, scale in ((0, 0.1), (3, 1.0), (5, 2.0)):
        images = model.generate(10, component=np.resize([0, 1, 2], 10), variance_scale=scale, seed=0)
        for column in (0, 9):
            shown = tile(picture, row, column, left=left, top=22)
            np.testing.assert_array_equal(shown, to_uint8(images[column, ..., 0]))


def test_reconstructions_stand_beside_their_originals(tmp_path):
    data = load("digits")
    model = GAEL((8, 8, 1), 3, 4, width=0.1)
    write_figures(model, data, tmp_path, "a")
    picture = Image.open(tmp_path / "a_reconstructions.png")
    originals = data.test.draw(40)
    for number in (0, 7, 39):
        row, column = number // 5, 2 * (number % 5)
        np.testing.assert_array_equal(tile(picture, row, column, left=2, top=22), originals[number, ..., 0])
        rebuilt = to_uint8(model.reconstruct(originals[number : number + 1]))[0, ..., 0]
        shown = tile(picture, row, column + 1, left=2, top=22)
        np.testing.assert_allclose(shown.astype(int), rebuilt.astype(int), atol=1)


def test_figures_of_points(tmp_path):
    data = load("toy3x3")
    names = [path.name for path in write_figures(GAEL((2,), 3, 2, width=0.1), data, tmp_path, "a")]
    assert names == [f"a_{kind}.png" for kind in ("samples", "scales", "pairs", "reconstructions", "latents")]
    names = [path.name for path in write_figures(GAN((2,), latent_dim=3, width=0.1), data, tmp_path, "b")]
    assert names == ["b_samples.png", "b_scales.png"]
    assert all(Image.open(path).size[0] > 500 for path in tmp_path.glob("*.png"))


def test_modes_have_their_names(tiny_gmmgan, monkeypatch):
    labels = []
    monkeypatch.setattr(figures, "image_grid", lambda images, said=None, title="": labels.append(said))
    figures.image_figures(tiny_gmmgan(), load("digits"), {1: "cats"})["samples"]()
    assert labels == [["mode 0  33%", "cats  33%", "mode 2  33%"]]
