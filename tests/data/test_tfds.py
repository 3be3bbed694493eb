"""The TFDS source on small builders of our own, prepared for real, and on MNIST and Fashion-MNIST where they are."""

import os
from pathlib import Path

import numpy as np
import pytest
import requests
import tensorflow as tf
import tensorflow_datasets as tfds

from tfgmmgan.data import DataOptions, load
from tfgmmgan.utils.errors import Note, UserError

PREPARED = Path(os.environ.get("TFDS_DATA_DIR", Path.home() / "tensorflow_datasets"))


class Pictures:
    """Images with 20 training examples; needs no download."""

    VERSION = tfds.core.Version("1.0.0")
    shape = (8, 8, 3)
    splits = ("train", "test")

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=self.shape),
                    "label": tfds.features.ClassLabel(names=["cat", "dog", "fox"]),
                }
            ),
        )

    def _split_generators(self, manager):
        return {split: self._generate_examples(split) for split in self.splits}

    def _generate_examples(self, split):
        rng = np.random.default_rng(len(split))
        for number in range(20):
            shape = [side or 8 + number for side in self.shape]
            label = -1 if split == "unlabelled" else number % 3
            yield number, {"image": rng.integers(0, 255, shape, dtype=np.uint8), "label": label}


class TfgmmganTiny(Pictures, tfds.core.GeneratorBasedBuilder):
    """With a test split, and one without labels."""

    splits = ("train", "test", "unlabelled")


class TfgmmganSingle(Pictures, tfds.core.GeneratorBasedBuilder):
    """Without a test split."""

    splits = ("train",)


class TfgmmganVaried(Pictures, tfds.core.GeneratorBasedBuilder):
    """Of different sizes."""

    shape = (None, None, 3)


class OfOtherKinds(Pictures):
    """Of other dtypes and labels: `images` (n, 8, 8, 1) in their own dtype."""

    dtype = np.uint16
    label = tfds.features.Text()
    labels = ("cat", "01", "no")

    def _info(self):
        image = tfds.features.Image(shape=(8, 8, 1), dtype=self.dtype)
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict({"image": image, "label": self.label})
        )

    def _generate_examples(self, split):
        for number in range(20):
            image = np.full((8, 8, 1), number, np.float64)
            image = {np.uint16: image * 2570, np.uint8: image % 2, np.float32: image / 20}[self.dtype]
            yield number, {"image": image.astype(self.dtype), "label": self.labels[number % len(self.labels)]}


class TfgmmganSixteenBits(OfOtherKinds, tfds.core.GeneratorBasedBuilder):
    """With names for labels."""


class TfgmmganMasks(OfOtherKinds, tfds.core.GeneratorBasedBuilder):
    """With lists for labels, which are no classes."""

    dtype = np.uint8
    label = tfds.features.Sequence(tfds.features.ClassLabel(num_classes=3))
    labels = ([0, 2],)


class TfgmmganFloats(OfOtherKinds, tfds.core.GeneratorBasedBuilder):
    """With some labels, and some that are missing."""

    dtype = np.float32
    label = tfds.features.ClassLabel(names=["cat", "dog"])
    labels = (0, 1, -1, -1)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    path = tmp_path_factory.mktemp("tfds")
    for builder in (
        *(TfgmmganTiny, TfgmmganSingle, TfgmmganVaried, TfgmmganSixteenBits, TfgmmganMasks, TfgmmganFloats),
    ):
        builder(data_dir=path).download_and_prepare()
    return str(path)


def test_images_labels_and_splits(prepared):
    data = load("tfgmmgan_tiny", DataOptions(path=prepared))
    assert data.train.examples.shape == data.test.examples.shape == (20, 8, 8, 3)
    assert data.train.examples.dtype == np.uint8 and data.class_names == ["cat", "dog", "fox"]
    assert np.bincount(data.train.labels).tolist() == [7, 7, 6]
    assert (data.train.examples != data.test.examples).any()


def test_without_a_test_split_some_are_held_out(prepared):
    data = load("tfgmmgan_single", DataOptions(path=prepared, test_fraction=0.25))
    assert (len(data.train), len(data.test)) == (15, 5)
    streamed = load("tfgmmgan_single", DataOptions(path=prepared, test_fraction=0.25, memory_limit=0))
    rows = {image.tobytes() for split in (streamed.train, streamed.test) for image in split.take(20)}
    assert (len(streamed.train), len(streamed.test), len(rows)) == (15, 5, 20)


def test_resizing_and_grey(prepared):
    for name in ("tfgmmgan_tiny", "tfgmmgan_varied"):
        data = load(name, DataOptions(path=prepared, image_size=12, channels=1))
        assert data.train.examples.shape == (20, 12, 12, 1)


def test_streaming_gives_the_same_examples(prepared):
    held = load("tfgmmgan_tiny", DataOptions(path=prepared))
    streamed = load("tfgmmgan_tiny", DataOptions(path=prepared, memory_limit=0))
    assert streamed.train.examples is None
    np.testing.assert_array_equal(streamed.train.take(20), held.train.examples)
    np.testing.assert_array_equal(streamed.train.labels, held.train.labels)
    first, second, again = (
        np.concatenate(list(streamed.training_batches(5, 0, epoch).take(4).as_numpy_iterator())) for epoch in (0, 1, 0)
    )
    assert (first != second).any()
    np.testing.assert_array_equal(first, again)
    rows = {image.tobytes() for image in held.train.examples}
    assert {image.tobytes() for image in first} == {image.tobytes() for image in second} == rows


def test_streamed_labels_stay_with_their_images(prepared):
    held = load("tfgmmgan_tiny", DataOptions(path=prepared))
    streamed = load("tfgmmgan_tiny", DataOptions(path=prepared, memory_limit=0))
    known = {image.tobytes(): label for image, label in zip(held.train.examples, held.train.labels, strict=True)}
    for images, labels in streamed.training_batches(5, 0, labelled=True).take(4).as_numpy_iterator():
        assert [known[image.tobytes()] for image in images] == labels.tolist()


def test_a_split_whose_labels_are_all_minus_one_has_none(prepared):
    for limit in (2048, 0):
        data = load("tfgmmgan_tiny", DataOptions(path=prepared, train_split="unlabelled", memory_limit=limit))
        assert data.train.labels is None and len(data.train) == 20
        assert data.test.labels is not None
    with pytest.raises(UserError, match="no split 'extra'; it has"):
        load("tfgmmgan_tiny", DataOptions(path=prepared, train_split="extra"))


@pytest.mark.parametrize("limit", [2048, 0])
def test_parts_and_sums_of_splits(prepared, limit):
    def read(split, name="tfgmmgan_tiny", **options):
        data = load(name, DataOptions(path=prepared, train_split=split, memory_limit=limit, **options))
        return data.train.take(40), data.test.take(40), data.train.labels

    whole, test, labels = read("train")
    part, same_test, part_labels = read("train[25%:75%]")
    np.testing.assert_array_equal(part, whole[5:15])
    np.testing.assert_array_equal(part_labels, labels[5:15])
    np.testing.assert_array_equal(same_test, test)
    both, _, _ = read("train[:4]+unlabelled[-3:]")
    np.testing.assert_array_equal(both[:4], whole[:4])
    assert len(both) == 7
    all_of_it, held_out, _ = read("train+test", test_fraction=0.2)  # no test split is left: some are held out
    assert (len(all_of_it), len(held_out)) == (32, 8)
    known, kept = ({image.tobytes() for image in images} for images in ([*whole, *test], [*all_of_it, *held_out]))
    assert known == kept


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ("train[:110%]", r"no split 'train\[:110%\]'"),
        ("train[", r"a part of one, such as train\[:50%\]"),
        ("test+train[5:5]", "is empty in part"),
    ],
)
def test_parts_that_are_none(prepared, split, message):
    with pytest.raises(UserError, match=message):
        load("tfgmmgan_tiny", DataOptions(path=prepared, train_split=split))


def test_differing_sizes_need_image_size(prepared):
    with pytest.raises(UserError, match=r"differ in size; choose one with --data.image_size"):
        load("tfgmmgan_varied", DataOptions(path=prepared))


def test_no_images():
    with pytest.raises(UserError, match="no feature 'image'"):
        load("glue")


def test_neither_data_nor_network(monkeypatch, tmp_path):
    def unreachable(*args, **kwargs):
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "head", unreachable)
    with pytest.raises(UserError) as raised:
        load("mnist", DataOptions(path=str(tmp_path)))
    for part in ("'mnist' is not prepared in", "there is no network", "TFDS_DATA_DIR"):
        assert part in str(raised.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "mean"), [("mnist", 33.318), ("fashion_mnist", 72.940)])
def test_prepared_data(name, mean):
    if not (PREPARED / name).is_dir():
        pytest.skip(f"{name} is not prepared in {PREPARED}")
    data = load(name)
    assert data.train.examples.shape == (60_000, 28, 28, 1) and data.test.examples.shape == (
        10_000,
        28,
        28,
        1,
    )
    assert data.train.examples.mean() == pytest.approx(mean, abs=1e-3)
    assert np.bincount(data.test.labels).min() > 800


def test_tensorflows_global_seed_does_not_decide_the_order(prepared):
    """Measuring in the middle of a run sets it, and a resumed run has another."""
    found = []
    for seed in (0, 1):
        data = load("tfgmmgan_tiny", DataOptions(path=prepared, memory_limit=0))
        tf.random.set_seed(seed)
        batches = np.concatenate(list(data.training_batches(5, 3).take(8).as_numpy_iterator()))
        found.append((batches, data.train.draw(7), data.train.digest))
    np.testing.assert_equal(found[0], found[1])


@pytest.mark.parametrize("name", ["mnist/foo", "mnist:9.9.9", "mnist/", "imagenet_resized/7x7", "huggingface:mnist"])
def test_configs_and_versions_that_are_none(name):
    with pytest.raises(UserError, match=name):
        load(name)


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_damaged_files_name_their_folder(tmp_path, damage, split):
    builder = TfgmmganTiny(data_dir=tmp_path)
    builder.download_and_prepare()
    file = next(Path(builder.data_dir).glob(f"*{split}.tfrecord*"))
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-40])
    else:
        file.unlink()
    with pytest.raises(UserError, match=r"can't be read.*prepare it again"):
        load("tfgmmgan_tiny", DataOptions(path=str(tmp_path)))


@pytest.mark.parametrize("memory_limit", [0, 100])
def test_images_and_labels_of_other_kinds(prepared, memory_limit):
    options = DataOptions(path=prepared, memory_limit=memory_limit)
    sixteen = load("tfgmmgan_sixteen_bits", options)
    assert sixteen.class_names == ["01", "cat", "no"]
    values = sixteen.train.take(20)[:, 0, 0, 0]
    assert sorted(values) == [10 * number for number in range(20)]
    names = np.array(sixteen.class_names)[sixteen.train.labels]
    assert names.tolist() == [("cat", "01", "no")[value // 10 % 3] for value in values]

    with pytest.warns(Note, match="are no classes|0 and 1 alone"):
        masks = load("tfgmmgan_masks", options)
    assert masks.train.labels is None and set(np.unique(masks.test.take(20))) == {0, 255}

    floats = load("tfgmmgan_floats", options)
    values = floats.train.take(20)[:, 0, 0, 0].astype(int)
    np.testing.assert_allclose(sorted(values), np.arange(20) * 12.75, atol=0.51)
    assert floats.train.labels.tolist() == [(0, 1, -1, -1)[round(value / 12.75) % 4] for value in values]
    assert len(floats.labelled.train) == 10
    part = floats.labelled.train.take(10)[:, 0, 0, 0]
    assert {round(int(value) / 12.75) % 4 for value in part} == {0, 1}
