"""The shipped configs: one a dataset, and one for each published table."""

import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import yaml

from tfgmmgan.models import MODELS
from tfgmmgan.training.build import build_model
from tfgmmgan.training.options import default_model, heeded_options, known_options, make_config
from tfgmmgan.training.published import read_table
from tfgmmgan.training.yaml_files import flatten, read_yaml

CONFIGS = Path(__file__).parents[1] / "configs"
PAPERS = sorted((CONFIGS / "papers").rglob("*.yaml"))
TABLES = {str(file.relative_to(CONFIGS / "papers").with_suffix("")): read_table(file) for file in PAPERS}
ROWS = [pytest.param(row, id=f"{name}-{row.name}") for name, table in TABLES.items() for row in table.rows.values()]
SIZES = {"mnist": (28, 1), "fashion_mnist": (28, 1), "cifar10": (32, 3), "cifar100": (32, 3)}
NUM_CLASSES = 10
# Of each table all numbers, and their errors, in the order of the paper; copied from the papers, not from the files.
PUBLISHED = {
    "gael/supplement_imagenet64": "13.14 33.03  14.60 20.42  14.78 22.66",
    "gael/supplement_table_1_cifar10": "7.68 34.23  7.33 28.51  8.20 20.64  8.24 20.16",
    "gael/supplement_table_1_cifar100": "7.75 39.1  6.97 33.19  7.98 28.26  8.00 27.98",
    "gael/supplement_table_1_stl10": "6.57 66.93  8.04 43.64  7.48 55.80  7.72 54.39",
    "gael/table_1_cifar10": "8.49 12.89  8.49 12.89  8.49 12.89  8.76 8.76  9.15 7.70  9.24 7.83",
    "gael/table_1_cifar100": "8.62 17.37  8.62 17.37  8.62 17.37  8.86 13.42  9.26 13.98  9.46 12.96",
    "gael/table_1_stl10": "9.09 40.71  9.09 40.71  9.09 40.71  10.00 27.44  10.39 23.39  10.75 22.57",
    "gael/table_2": "0.443 0.350 0.555  0.289 0.135 0.299  0.377 0.230 0.383",
    "gm_gan/section_4_1": "",
    "gm_gan/table_2_cifar10": "5.71 0.06  5.92 0.07  5.91 0.05  5.98 0.05  6.23 0.07  6.84 0.03  6.81 0.04  6.83 0.02",
    "gm_gan/table_2_stl10": "6.80 0.07  7.06 0.11  6.58 0.16  7.03 0.10  7.45 0.10  8.32 0.06  8.16 0.05  8.08 0.07",
    "gm_gan/table_3": "0.9924 0.9618  0.8974 0.9274  0.5816 0.5690",
    "responsibility_learning/table_5": "",
    "responsibility_learning/table_6": "2.9664 0.2188 231.0577 7.5371  3.1368 0.1596 205.9776 7.8587 "
    "2.6770 0.1079 239.3936 6.7672  2.4882 0.1065 247.0610 7.2361",
}
NUM_PARAMETERS = {
    "separate_encoder": "13,005,411",
    "shared_encoder": "8,794,835",
    "gm_gan": "8,467,145",
    "vanilla_gan": "8,366,145",
}


def typed(options):
    """Return options of a file, whose scalars are text, as YAML's usual types."""
    return {
        name: [yaml.safe_load(one) for one in value] if isinstance(value, list) else yaml.safe_load(value)
        for name, value in options.items()
    }


def values_of(file):
    return typed(flatten(read_yaml(file), known_options()))


def test_there_is_a_row_for_each_published_one():
    assert set(TABLES) == set(PUBLISHED)
    counts = {"gm_gan": 23, "responsibility_learning": 6, "gael": 36}
    rows = {name: len(table.rows) for name, table in TABLES.items()}
    assert {paper: sum(rows[name] for name in rows if name.startswith(paper)) for paper in counts} == counts
    assert {"k10", "k20", "k30"} <= set(TABLES["gm_gan/table_2_cifar10"].rows)


@pytest.mark.parametrize("name", TABLES)
def test_every_published_number_is_there(name):
    rows = TABLES[name].rows.values()
    stated = [[one for pair in row.values.values() for one in pair if one is not None] for row in rows]
    assert [one for numbers in stated for one in numbers] == [float(number) for number in PUBLISHED[name].split()]
    for row, numbers in zip(rows, stated, strict=True):
        told = row.text.split(";")[0] if numbers else ""
        assert [float(number) for number in re.findall(r"\d+(?:\.\d+)?", told)] == numbers
        has_errors = name in ("gm_gan/table_2_cifar10", "gm_gan/table_2_stl10", "responsibility_learning/table_6")
        assert all((error is not None) == has_errors for _, error in row.values.values())


def test_table_6_differs_in_prior_and_classifier_alone():
    rows = TABLES["responsibility_learning/table_6"].rows
    assert list(rows) == list(NUM_PARAMETERS)
    for name, row in rows.items():
        assert f"{NUM_PARAMETERS[name]} parameters" in row.text
        config = row.config()
        assert (config["batch_size"], config["epochs"], config["evaluation.samples"]) == (64, 10000, 5000)
        assert (config["model.adversarial_loss"], config["model.update_order"]) == ("minimax", "simultaneous")
        assert config["model.generator_batch_size"] == 0


@pytest.mark.parametrize("file", PAPERS, ids=list(TABLES))
def test_a_table_s_first_line_is_its_command(file):
    name = file.relative_to(CONFIGS.parent)
    match = re.fullmatch(rf"# python -m tfgmmgan reproduce {name} --rows (\w+)", file.read_text().splitlines()[0])
    assert match and read_table(file).row(match[1])


@pytest.mark.parametrize("row", ROWS)
def test_a_published_row(row):
    assert re.search(r"(GM-GAN|Responsibility learning|GAEL) \(.*(Table|section)", row.text)
    assert set(row.paths) == set(row.values) and "Not published, so ours: " in row.notes
    config = row.config()
    for name, value in typed(row.options).items():
        assert config[name] == value, name
    if match := re.search(r"K = (\d+)|GMM-(\d+)", row.text):
        assert config["num_components"] == int(match[1] or match[2])
    supervised = "supervised GM-GAN" in row.text and "unsupervised" not in row.text
    assert supervised == (config["model"] == "supervised_gmgan")


CLAIMED = {  # words of a row, and what its config must then be where its model heeds it; ... is their number
    r"eq\. 3 as it is written|eq\. 3's minimax": {"model.adversarial_loss": "minimax"},
    r"baseline, as BigGAN's hinge|GMM-\d+(?!, vanilla).* BigGAN's hinge": {"model.adversarial_loss": "hinge"},
    r"Wasserstein with": {"model.adversarial_loss": "wasserstein"},
    r"with a gradient penalty": {"model.gradient_penalty": 10, "model.weight_clip": 0},
    r"with clipped weights": {"model.gradient_penalty": 0, "model.weight_clip": 0.01},
    r"original GAN loss": {"model.adversarial_loss": "non_saturating"},
    r"spectrally\s+normalised": {"model.architecture": "resnet"},
    r"both sides updated from the same fakes": {"model.update_order": "simultaneous", "model.generator_batch_size": 0},
    r"batch is the paper's (\d+)": {"batch_size": ...},
    r"(5,000) generated samples": {"evaluation.samples": ...},
    r"lambda is (\d+) with eq. 2 as a mean": {"model.encoding": ...},
    r"STL-10, (\d+)x": {"data.image_size": ...},
    r"GMM-(\d+)": {"num_components": ...},
    r"(?:GM-GAN|mixture).* K = (\d+)": {"num_components": ...},
    r"GM-GAN \(Ben-Yosef": {  # section 4: "for the most part" of the experiments
        "latent_dim": 100,
        "prior.mean_range": 0.1,
        "prior.variance": 0.15,
        "batch_size": 64,
        "model.generator_batch_size": 128,
        "model.update_order": "alternating",
        "optimizers.learning_rate": 2e-4,
        "optimizers.discriminator_learning_rate": 2e-4,
    },
}


def test_what_a_header_claims_is_what_the_config_resolves_to():
    held = dict.fromkeys(CLAIMED, 0)
    for param in ROWS:
        (row,) = param.values
        config, heeded = row.config(), heeded_options(row.options["model"])
        for words, options in CLAIMED.items():
            for match in re.finditer(words, f"{row.text} {row.notes}"):
                for name, value in options.items():
                    if name in heeded or ("." not in name and name in config):
                        expected = int(match[1].replace(",", "")) if value is ... else value
                        assert config[name] == expected, (row.text, match[0], name)
                        held[words] += 1
    assert all(held.values()), held


@pytest.mark.parametrize("row", ROWS)
def test_a_dataset_s_own_config_changes_nothing_of_a_row_s(row):
    config, alone = row.config(), row.config(dataset="folder")  # which has no config
    assert config["optimizers.schedule"] == "constant" and config["precision"] == "float32"
    ours, theirs = dict(config), dict(alone)
    assert set(ours) == set(theirs)
    for name in ours:
        if name.split(".")[0] in ("optimizers", "model", "prior", "clusterer", "epochs", "batch_size"):
            assert ours[name] == theirs[name], name


OF_MODELS = [file for model in MODELS for file in sorted((CONFIGS / model).rglob("*.yaml"))]
DATASETS = sorted({*CONFIGS.rglob("*.yaml")} - {*PAPERS, *OF_MODELS})


@pytest.mark.parametrize("file", DATASETS, ids=lambda file: file.stem)
def test_a_dataset_s_config(file):
    dataset = str(file.relative_to(CONFIGS).with_suffix(""))
    assert re.search(rf"--dataset {re.escape(dataset)}( --model \w+)?\n", file.read_text()) or dataset == "digits"
    configs = {model: make_config(model, dataset) for model in MODELS}
    heeded = {model: set(config) for model, config in configs.items()}
    values = values_of(file)
    assert default_model(dataset) == values.pop("model", "modegan")
    for name, value in values.items():  # each option reaches whom it concerns, and someone at least
        of_model = {CONFIGS / model / f"{dataset}.yaml": model for model in MODELS if name in heeded[model]}
        assert of_model, f"no model heeds {name}"
        for over, model in of_model.items():
            overridden = over.is_file() and name in values_of(over)
            assert overridden or configs[model][name] == value, (model, name)
    assert {config["dataset"] for config in configs.values()} == {dataset}


@pytest.mark.parametrize("file", OF_MODELS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_dataset_s_config_for_one_model(file):
    model, dataset = file.parent.name, file.stem
    config, values = make_config(model, dataset), values_of(file)
    assert {name: config[name] for name in values} == values
    rates = [name for name in values if name.startswith("optimizers.")]
    assert rates
    for other in set(MODELS) - {model}:
        plain, base = make_config(other, dataset), make_config(other, "folder")  # which has no config
        assert [plain[name] for name in rates] == [base[name] for name in rates] != [config[name] for name in rates]


def shape_of(config):
    side, channels = SIZES.get(config["dataset"], (64, 3))
    side = config["data.image_size"] or side
    return (side, side, channels)


@pytest.mark.parametrize("file", DATASETS, ids=lambda file: file.stem)
def test_a_dataset_s_model_is_built(file):
    dataset = str(file.relative_to(CONFIGS).with_suffix(""))
    config = make_config(None, dataset, **{"model.width": 1 / 32, "latent_dim": 8})
    points = dataset.startswith("toy")
    assert config["model"] == ("gmmgan" if points else "modegan")
    shape = (2,) if points else (8, 8, 1) if dataset == "digits" else shape_of(config)
    model = build_model(config, shape, NUM_CLASSES, num_examples=100)
    assert model.generate(1).shape == (1, *shape) and model.num_components == config["num_components"]


def distinct():
    """One of the papers' rows for each way of building a model."""
    seen = {}
    for param in ROWS:
        (row,) = param.values
        config = row.config()
        said = {name: str(value) for name, value in config.items() if name.startswith(("model.", "prior.covariance"))}
        several = config["model"] == "supervised_gmgan" and config["num_components"] > NUM_CLASSES
        seen.setdefault((config["model"], shape_of(config), several, *sorted(said.items())), param)
    return list(seen.values())


@pytest.mark.slow
@pytest.mark.parametrize("row", distinct())
def test_built_traced_and_stepped_once_at_tiny_width(row):
    tiny = {"model.width": 1 / 32, "latent_dim": 8, "batch_size": 2, "model.generator_batch_size": 0}
    config = row.config(**tiny)
    shape = shape_of(config)
    model = build_model(config, shape, NUM_CLASSES, num_examples=100)
    rows = 2 * model.critic_steps
    images = np.random.default_rng(0).integers(0, 255, (rows, *shape), dtype=np.uint8)
    step = tf.function(model.train_step)  # traced, as fit does
    losses = step((tf.constant(images), tf.constant(np.arange(rows) % NUM_CLASSES)))
    assert losses and all(np.isfinite(value) for value in losses.values())
    assert int(model.optimizer.iterations.numpy()) == 1
    assert model.generate(1).shape == (1, *shape)
