"""The shipped configs: one a dataset, and one for each published row."""

import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan import GMMGAN, make_config
from tfgmmgan.cli.train import parse
from tfgmmgan.models import MODELS
from tfgmmgan.models.recipe import EQUATIONS_3_AND_4
from tfgmmgan.training.build import build_model, check_options
from tfgmmgan.training.config import flatten
from tfgmmgan.training.config_file import read_config

CONFIGS = Path(__file__).parents[1] / "configs"
PAPERS = sorted((CONFIGS / "papers").rglob("*.yaml"))
NAMES = [str(file.relative_to(CONFIGS)) for file in PAPERS]
SIZES = {"mnist": (28, 1), "fashion_mnist": (28, 1), "cifar10": (32, 3), "cifar100": (32, 3)}
NUM_CLASSES = 10


def shape_of(config):
    side, channels = SIZES.get(config.dataset, (64, 3))
    side = config.data.image_size or side
    return (side, side, channels)


def read(file):
    config, _, _ = parse(["--config", str(file)], "train.py")
    return config


def test_there_is_one_for_each_published_row():
    counts = {"gm_gan": 19, "responsibility_learning": 6, "gael": 30}
    assert {paper: sum(f"papers/{paper}/" in name for name in NAMES) for paper in counts} == counts
    for k in (10, 20, 30):
        assert (CONFIGS / f"papers/gm_gan/table_2_cifar10_k{k}.yaml").is_file()


@pytest.mark.parametrize("file", PAPERS, ids=NAMES)
def test_a_paper_s_config(file):
    first, second, *_ = file.read_text().splitlines()
    name = file.relative_to(CONFIGS.parent)
    assert first.removesuffix(" --data.path DIR") == f"# python train.py --config {name}"
    assert re.match(r"# Published: .*\((GM-GAN|responsibility learning|GAEL), .*(Table|section)", second)
    config = read(file)
    check_options(config)
    if match := re.search(r"K = (\d+)", second):
        assert config.num_components == int(match[1])
    if match := re.search(r"GMM-(\d+)", second):
        assert config.num_components == int(match[1])
    assert ("supervised GM-GAN" in second and "unsupervised" not in second) == (config.model == "supervised_gmgan")


@pytest.mark.parametrize("file", PAPERS, ids=NAMES)
def test_a_dataset_s_own_config_changes_nothing_of_a_paper_s(file):
    config = read(file)
    alone = read_config(file, model=config.model)
    assert config.optimizers.schedule == "constant" and config.precision == "float32"
    for group in ("optimizers", "losses", "prior", "networks", "epochs", "batch_size"):
        assert getattr(config, group) == getattr(alone, group), group


OF_MODELS = [file for model in MODELS for file in sorted((CONFIGS / model).rglob("*.yaml"))]
DATASETS = sorted({*CONFIGS.rglob("*.yaml")} - {*PAPERS, *OF_MODELS, *(CONFIGS / "losses").glob("*.yaml")})


def test_the_losses_of_eq_3_and_4_are_those_of_points():
    config = read(CONFIGS / "losses" / "equations_3_and_4.yaml")
    model, points = build_model(config, (8, 8, 1), num_examples=100), GMMGAN((2,))
    for name in EQUATIONS_3_AND_4:
        assert getattr(model, name) == getattr(points, name), name
    for name in ("trainable", "variance", "mean_range"):
        assert getattr(model.prior, name) == getattr(points.prior, name), name
    mnist, _, _ = parse(["--dataset=mnist", "--config", str(CONFIGS / "losses" / "equations_3_and_4.yaml")], "train.py")
    for group in ("losses", "networks", "prior"):
        assert getattr(mnist, group) == getattr(config, group), group  # whatever configs/gmmgan says


@pytest.mark.parametrize("file", DATASETS, ids=lambda file: file.stem)
def test_a_dataset_s_config(file):
    dataset = str(file.relative_to(CONFIGS).with_suffix(""))
    assert re.search(rf"--dataset {re.escape(dataset)}( --model \w+)?\n", file.read_text()) or dataset == "digits"
    config, _, _ = parse(["--dataset", dataset], "train.py")
    check_options(config)
    assert config.dataset == dataset


@pytest.mark.parametrize("file", OF_MODELS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_dataset_s_config_for_one_model(file):
    model, dataset = file.parent.name, file.stem
    options = [f"--dataset={dataset}", f"--model={model}"]
    config, _, _ = parse(options, "train.py")
    assert config == make_config(model, dataset) == parse([*options, "--config", str(file)], "train.py")[0]
    for other in set(MODELS) - {model}:
        plain, _, _ = parse([f"--dataset={dataset}", f"--model={other}"], "train.py")
        base = read_config(CONFIGS / f"{dataset}.yaml", model=other)
        assert plain.optimizers == base.optimizers != config.optimizers


def distinct():
    """One of the papers' configs for each way of building a model."""
    seen = {}
    for file in PAPERS:
        config = read(file)
        ways = {
            key: str(value) for key, value in flatten(config).items() if key.split(".")[0] in ("networks", "losses")
        }
        several = config.model == "supervised_gmgan" and config.num_components > NUM_CLASSES
        more = (config.model, shape_of(config), config.prior.covariance, several)
        seen.setdefault((*more, *ways.values()), file)
    return sorted(seen.values())


@pytest.mark.slow
@pytest.mark.parametrize("file", distinct(), ids=lambda file: file.stem)
def test_built_traced_and_stepped_once_at_tiny_width(file):
    config = read(file)
    config.networks.width, config.latent_dim, config.batch_size = 1 / 32, 8, 2
    config.optimizers.generator_batch_size = None
    shape = shape_of(config)
    model = build_model(config, shape, NUM_CLASSES, num_examples=100)
    rows = 2 * model.critic_steps
    images = np.random.default_rng(0).integers(0, 255, (rows, *shape), dtype=np.uint8)
    step = tf.function(model.train_step)  # traced, as fit does
    losses = step((tf.constant(images), tf.constant(np.arange(rows) % NUM_CLASSES)))
    assert losses and all(np.isfinite(value) for value in losses.values())
    assert int(model.optimizer.iterations.numpy()) == 1
    assert model.generate(1).shape == (1, *shape)
