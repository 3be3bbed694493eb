"""The code of CONTRIBUTING.md runs as it stands there, and does what it says."""

import re
from pathlib import Path

import numpy as np
import pytest

import tfgmmgan
from tfgmmgan.cli import run_command
from tfgmmgan.cli.train import command
from tfgmmgan.data import DATASETS

PAGE = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text()
BLOCKS = dict(re.findall(r"^## Add an? ([^\n]*)\n(?:(?!^## ).)*?^```python\n(.*?)^```", PAGE, re.M | re.S))


@pytest.fixture
def run(monkeypatch):
    """Run a block; what it adds to a registry is forgotten again."""

    def execute(title, *registries):
        for registry in registries:
            monkeypatch.setattr(registry, "_entries", dict(registry._entries))
        names = {}
        exec(compile(BLOCKS[title], "CONTRIBUTING.md", "exec"), names)
        return names

    return execute


def test_there_is_one_short_block_for_each_thing():
    assert list(BLOCKS) == ["descriptor", "loss", "system", "section of the evaluation", "dataset"]
    assert PAGE.count("```python") == len(BLOCKS)
    for code in BLOCKS.values():
        assert len([line for line in code.splitlines() if line.strip()]) <= 20


def test_descriptor(run):
    from tfgmmgan.clustering import DESCRIPTORS, ImageClusterer

    run("descriptor", DESCRIPTORS)
    rng = np.random.default_rng(0)
    tones = np.repeat([30, 220], 60)
    images = np.clip(tones[:, None, None, None] + rng.integers(-9, 9, (120, 8, 8, 3)), 0, 255).astype(np.uint8)
    found = ImageClusterer(2, descriptor="tones", steps=2, self_training_rounds=0, width=0.1).fit(images)
    assert len(set(zip(tones, found.link_clustering_.labels_, strict=True))) == 2
    assert DESCRIPTORS["tones"]().fit(images).transform(images[:5]).shape[0] == 5


def trains(model):
    """Fit a model for two steps; return its losses."""
    model.compile()
    losses = model.fit(tfgmmgan.load_data("digits").train.examples[:32], batch_size=16, verbose=0).history
    assert all(np.isfinite(values).all() for values in losses.values())
    return losses


def test_loss(run):
    assert "total_variation" in trains(run("loss")["Smooth"]((8, 8, 1), width=0.1))


def test_system(run, tmp_path, monkeypatch):
    run("system", tfgmmgan.MODELS)
    model = tfgmmgan.MODELS["least_squares"]((8, 8, 1), width=0.1)
    assert {"discriminator_loss", "generator_loss"} <= set(trains(model))
    monkeypatch.chdir(tmp_path)
    arguments = ["--model", "least_squares", "--epochs", "1", "--output", "run"]
    assert run_command(command, arguments, "train.py") == 0
    assert type(tfgmmgan.load_run("run")[2]) is tfgmmgan.MODELS["least_squares"]


def test_section(run, monkeypatch):
    from tfgmmgan.evaluation import sections
    from tfgmmgan.evaluation.subject import Subject

    known = list(sections.SECTIONS)
    monkeypatch.setattr(sections, "SECTIONS", list(known))
    run("section of the evaluation")
    assert len(sections.SECTIONS) == len(known) + 1
    section = sections.SECTIONS[-1]
    data = tfgmmgan.load_data("digits")
    subject = Subject(tfgmmgan.GAN((8, 8, 1), width=0.1), data)
    assert section.applies(subject) and not section.applies(Subject(subject.model, tfgmmgan.load_data("toy3x3")))
    card = section.measure(subject)
    real = data.test.examples[:300] / 127.5 - 1
    assert card["brightness"]["real"] == pytest.approx(real.mean(), abs=1e-5)
    assert f"{real.mean():.3f}" in section.summary(card)[0] and section.summary({}) == []


def test_dataset(run):
    run("dataset", DATASETS)
    data = tfgmmgan.load_data("stripes")
    assert data.train.examples.shape == (300, 8, 8, 1) and data.train.examples.dtype == np.uint8
    rows, columns = (data.test.examples.astype(float).mean(axis).std(axis=(1, 2)) for axis in (2, 1))
    np.testing.assert_array_equal(rows < columns, data.test.labels == 1)
