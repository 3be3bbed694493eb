"""Descriptors: what images are compared by."""

from functools import partial

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError

from tfgmmgan.clustering import DESCRIPTORS, HOG, Patches, Pixels, make_descriptor
from tfgmmgan.clustering.descriptors import Descriptor, FunctionDescriptor, JoinedDescriptors
from tfgmmgan.clustering.nearest import nearest_rows
from tfgmmgan.data.scaling import to_float
from tfgmmgan.utils.errors import UserError

PARTS = {"pixels": 1, "hog": 2, "deskewed_hog": 2, "patches": 2, "hog_and_patches": 4}


def nearest(images, count, name="pixels"):
    return nearest_rows(make_descriptor(name).fit(images).transform(images), count)


def nearest_by_pixels(images, count):
    rows = images.reshape(len(images), -1).astype(float)
    distances = ((rows[:, None] - rows[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    return distances.argsort(axis=1)[:, :count]


def test_small_images_are_compared_pixel_by_pixel():
    images = np.random.default_rng(0).integers(0, 256, (30, 6, 6, 1), dtype=np.uint8)
    np.testing.assert_array_equal(nearest(images, 4), nearest_by_pixels(images, 4))


def test_large_images_are_compared_at_32_pixels(monkeypatch):
    monkeypatch.setattr("tfgmmgan.clustering.descriptors.base.BLOCK", 7)
    rng = np.random.default_rng(1)
    coarse = rng.uniform(-0.5, 0.5, (20, 32, 32, 3)).astype("f4")
    checks = 0.4 * np.where(np.add.outer(np.arange(64), np.arange(64)) % 2, 1.0, -1.0)[None, :, :, None]
    signs = rng.choice([-1.0, 1.0], 20)[:, None, None, None]
    images = (coarse.repeat(2, axis=1).repeat(2, axis=2) + signs * checks).astype("f4")  # whose mean is the coarse one
    found = nearest(images, 3)
    np.testing.assert_array_equal(found, nearest_by_pixels(coarse, 3))
    assert (found != nearest_by_pixels(images, 3)).any()


def test_of_few_images_all_others_are_near():
    images = np.random.default_rng(2).uniform(-1, 1, (3, 4, 4, 1)).astype("f4")
    found = nearest(images, 5)
    assert [sorted(row) for row in found.tolist()] == [[1, 2], [0, 2], [0, 1]]


def bars(angles, brightness=1.0, size=28):
    """A bright bar through the middle of black images, at angles in radians."""
    at = np.arange(size) - (size - 1) / 2
    away = np.abs(np.cos(angles)[:, None, None] * at[:, None] - np.sin(angles)[:, None, None] * at)
    near = at[:, None] ** 2 + at**2 < 100
    return (2 * brightness * ((away < 2.5) & near) - 1).astype("f4")[..., None]


def test_hog_is_the_same_in_any_brightness():
    angles = np.linspace(0, 3, 7)
    for bright, dark in zip(*map(HOG().parts, (bars(angles), bars(angles, 0.4))), strict=True):
        np.testing.assert_allclose(bright, dark, atol=1e-3)


@pytest.mark.parametrize("name", DESCRIPTORS)
def test_other_images_are_compared_as_those_were(name, monkeypatch):
    monkeypatch.setattr("tfgmmgan.clustering.descriptors.base.BLOCK", 7)
    images = np.random.default_rng(3).integers(0, 256, (40, 9, 10, 3), dtype=np.uint8)
    descriptor = make_descriptor(name)
    rows = descriptor.fit_transform(images)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(descriptor.transform(to_float(images).numpy()), rows, atol=1e-3)
    assert rows.shape[1] == 40 * PARTS[name]
    if PARTS[name] > 1:
        sizes = (rows**2).mean(axis=0).reshape(-1, 40).sum(axis=1)
        np.testing.assert_allclose(sizes, 1, rtol=0.05)


@pytest.mark.parametrize("name", DESCRIPTORS)
def test_components_sought_in_some_of_the_images_serve_them_all(name, monkeypatch):
    images = np.random.default_rng(5).integers(0, 256, (60, 8, 8, 1), dtype=np.uint8)
    monkeypatch.setattr("tfgmmgan.clustering.descriptors.base.LEARNED_FROM", 20)
    monkeypatch.setattr("tfgmmgan.clustering.descriptors.base.FITTED", 1)
    descriptor = make_descriptor(name)
    rows = descriptor.fit_transform(images)
    assert rows.shape[0] == 60 and np.isfinite(rows).all()
    assert all(directions.shape[1] == 2 for _, directions in descriptor.projections_)


def test_bars_of_one_angle_are_nearest_by_hog_and_of_one_brightness_by_pixels():
    angles, dim = np.repeat([0.2, 1.0, 1.8, 2.6], 4), np.tile([1.0, 1.0, 0.2, 0.2], 4)
    images = np.concatenate([bars(np.array([a]), b) for a, b in zip(angles, dim, strict=True)])
    images += np.random.default_rng(4).normal(size=images.shape).astype("f4") * 0.005
    images = np.clip(images, -1, 1)
    assert (angles[nearest(images, 3, "hog")] == angles[:, None]).mean() > 0.9
    by_pixels = dim[nearest(images, 3)]
    assert (by_pixels == dim[:, None])[dim == 0.2].all()


def test_a_descriptor_is_chosen_by_name_object_or_function():
    assert [type(make_descriptor(name)) for name in ("pixels", "hog", "patches")] == [Pixels, HOG, Patches]
    assert make_descriptor("deskewed_hog").deskew and not make_descriptor("hog").deskew
    assert isinstance(make_descriptor("hog_and_patches"), JoinedDescriptors)
    images = np.random.default_rng(0).integers(0, 256, (9, 8, 8, 1), dtype=np.uint8)
    given = HOG(deskew=True).fit(images)
    made = make_descriptor(given)
    assert made is not given and made.deskew
    with pytest.raises(NotFittedError):
        made.transform(images)
    with pytest.raises(UserError, match=r"Unknown descriptor 'hoq'. Did you mean 'hog'\?"):
        make_descriptor("hoq")
    with pytest.raises(UserError, match="or a function from images to rows; got int"):
        make_descriptor(3)


def test_a_function_sees_the_images_as_they_are_and_its_rows_are_taken_as_they_come(monkeypatch):
    monkeypatch.setattr("tfgmmgan.clustering.descriptors.base.BLOCK", 4)
    images, seen = np.random.default_rng(0).integers(0, 256, (9, 8, 8, 1), dtype=np.uint8), []
    descriptor = make_descriptor(lambda some: seen.append(some) or some.mean(axis=(1, 3)))
    assert isinstance(descriptor, FunctionDescriptor)
    np.testing.assert_allclose(descriptor.fit(images).transform(images), images.mean(axis=(1, 3)))
    np.testing.assert_array_equal(np.concatenate(seen), images)


@pytest.mark.parametrize("made", [Pixels, HOG, Patches, partial(JoinedDescriptors, [Pixels(), HOG(deskew=True)])])
def test_they_are_scikit_learn_transformers(made):
    descriptor = made()
    assert isinstance(descriptor, BaseEstimator) and clone(descriptor).get_params().keys() == (
        descriptor.get_params().keys()
    )
    with pytest.raises(NotFittedError):
        descriptor.transform(np.zeros((2, 8, 8, 1), np.uint8))


def test_parts_side_by_side_are_those_of_each():
    images = to_float(np.random.default_rng(0).integers(0, 256, (9, 24, 24, 1), dtype=np.uint8))
    joined = JoinedDescriptors([Pixels(), HOG()]).parts(images)
    for part, expected in zip(joined, [*Pixels().parts(images), *HOG().parts(images)], strict=True):
        np.testing.assert_array_equal(part, expected)


def test_a_descriptor_of_ones_own_says_what_is_compared():
    class Brightness(Descriptor):
        def parts(self, images):
            return [np.asarray(images).mean(axis=(1, 2))]

    images = np.random.default_rng(0).uniform(-1, 1, (30, 8, 8, 1)).astype("f4")
    rows = Brightness().fit_transform(images)
    means = images.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(np.abs(rows[:, 0]), np.abs(means - means.mean()), atol=1e-5)
