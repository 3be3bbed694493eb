"""The options of a run, gathered from the classes that use them: which there are, and what a run's are.

An option is declared once, in the signature and docstring of its class. `--model.*` are arguments of the model's class,
`--prior.*` of its prior's, `--clusterer.*` of `ImageClusterer`, `--data.*`, `--optimizers.*` and `--evaluation.*` of
classes of their own, and those without a dot of `RunOptions`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tfgmmgan.clustering import ImageClusterer
from tfgmmgan.data.augmentation import Augmentation
from tfgmmgan.data.options import DataOptions
from tfgmmgan.evaluation.options import EvaluationOptions
from tfgmmgan.kinds import read_summary
from tfgmmgan.models import MODELS, LatentGAN, OptimizerOptions
from tfgmmgan.training.yaml_files import flatten, nested, read_yaml
from tfgmmgan.utils.arguments import Argument, Count, Positive, WholeNumber, arguments, converted, is_option, values_of
from tfgmmgan.utils.errors import UserError, nearest, unknown_name
from tfgmmgan.utils.files import seen_from

__all__ = [
    "FILES",
    "RunOptions",
    "TrainConfig",
    "dataset_configs",
    "default_model",
    "heeded_options",
    "known_options",
    "make_config",
    "settled_by_kinds",
]

FILES = ("data.path", "data.features", "from")  # options that name files
# Arguments that a run sets from other options, or that are no option.
SET_BY_RUN = {"num_components", "latent_dim", "noise_dim", "num_classes", "seed", "momentum", "name"}
LEFT_OPEN = ("epochs", "num_components", "evaluation.every_epochs", "evaluation.extent")  # what a run settles
SET_FOR_CLUSTERER = {"n_clusters", "batch_size", "dtype", "random_state", "verbose"}


@dataclass
class RunOptions:
    """What a run is.

    Args:
        dataset: digits, mnist, fashion_mnist, folder, arrays, toy3x3, toy5x5, or any image dataset of TensorFlow
            Datasets by name.
        model: modegan (modes that people see; for images), gmmgan (responsibility learning), gmgan (GM-GAN without
            labels: static, or dynamic with --prior.trainable true), gael (an encoder, and a mixture fitted after
            training), gan and wgan_gp (baselines); with labels supervised_gmgan and acgan.
        from_: Directory that `cluster` wrote: the modes are its kinds, of the same pictures.
        num_components: Number of Gaussians in the prior, K; with modegan also auto, which counts the kinds.
        latent_dim: Length of the latent vector, d.
        epochs: Passes over the training images; auto takes as many as make 6,000 steps.
        max_minutes: No epoch ends after four fifths of this; the rest is for measuring.
        early_stopping: Stop when so many measurements found no lower distance.
        keep_checkpoints: Checkpoints of last epochs that stay, beside the best.
        batch_size: Real images in an update of the discriminator.
        seed: Decides the initial weights, the order of the images and all noise.
        precision: float32, or bfloat16 for the networks with float32 weights, prior and losses, which is faster where
            the hardware computes with it; auto is bfloat16 there and float32 elsewhere.
        jit: Compile the step with XLA; auto does so on a single GPU.
        steps_per_execution: Steps between two looks at the losses, a divisor of an epoch's steps, for a fast GPU.
        strategy: none trains on one device; mirrored on all GPUs of this machine, each with its part of the batch;
            multi_worker on all processes that TF_CONFIG lists.
    """

    dataset: str = "digits"
    model: str = "modegan"
    from_: str | None = None
    num_components: Count | Literal["auto"] = 10
    latent_dim: Count = 100
    epochs: Count | Literal["auto"] = "auto"
    max_minutes: Positive | None = None
    early_stopping: Count | None = None
    keep_checkpoints: Count = 1
    batch_size: Count = 64
    seed: WholeNumber = 0
    precision: Literal["float32", "bfloat16", "auto"] = "float32"
    jit: bool | Literal["auto"] = "auto"
    steps_per_execution: Count = 1
    strategy: Literal["none", "mirrored", "multi_worker"] = "none"


def heeded_options(model: str) -> dict[str, Argument]:
    """Return the options that a model heeds, by name, with the defaults that it has.

    Raises:
        UserError: If there is no such model.
    """
    if model not in MODELS:
        raise unknown_name("model", model, MODELS)
    model_class = MODELS[model]
    own = arguments(model_class)
    found = dict(arguments(RunOptions))
    found["model"] = found["model"]._replace(default=model)
    if "num_components" not in own:
        del found["num_components"]
    if "clusterer" not in own:  # by which alone kinds are found
        del found["from"]
        if "num_components" in found:
            found["num_components"] = found["num_components"]._replace(hint=Count)
    if "latent_dim" not in own and "noise_dim" not in own:
        del found["latent_dim"]
    found |= _group("data", arguments(DataOptions))
    found |= _group("prior", arguments(model_class.prior_class), SET_BY_RUN, model_class.prior_defaults)
    found |= _group("model", own, SET_BY_RUN)
    if "clusterer" in own:
        found |= _group("clusterer", arguments(ImageClusterer), SET_FOR_CLUSTERER)
        found |= _group("clusterer.augmentation", arguments(Augmentation))
    found |= _group("optimizers", arguments(OptimizerOptions), defaults=values_of(model_class.optimizer_options))
    return found | _group("evaluation", arguments(EvaluationOptions))


def _group(
    prefix: str, declared: dict[str, Argument], left_out: set[str] = frozenset(), defaults: Mapping[str, Any] = {}
) -> dict[str, Argument]:
    return {
        f"{prefix}.{name}": argument._replace(default=defaults.get(name, argument.default))
        for name, argument in declared.items()
        if name not in left_out and is_option(argument.hint)
    }


def known_options() -> set[str]:
    """Return the names of all options of all models."""
    return {name for model in MODELS for name in heeded_options(model)}


class TrainConfig(Mapping):
    """All options that a run heeds, by dotted name: `config["epochs"]`, `config["prior.variance"]`.

    Args:
        values: Options by name, as text or as what they are; the others have the model's defaults.

    Raises:
        UserError: If an option is unknown, not the model's, or not what it must be.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        model = str(values.get("model", RunOptions.model))
        options = heeded_options(model)
        for name in values:
            if name not in options:
                if name in known_options():
                    raise UserError(f"The model '{model}' has no use for --{name}; leave it out.")
                raise UserError(f"Unknown option '{name}'.{nearest(name, options)} --help lists them all.")
        self._values = {
            name: converted(name, values[name], option.hint) if name in values else option.default
            for name, option in options.items()
        }
        self._check(values)

    def _check(self, given: Mapping[str, Any]) -> None:
        """Check what the types don't: options that go together."""
        for group, owner in (
            ("data", DataOptions),
            ("optimizers", OptimizerOptions),
            ("evaluation", EvaluationOptions),
        ):
            try:
                owner(**self.group(group))
            except UserError as error:
                raise UserError(f"--{group}.{str(error).removeprefix(f'{group}.')}") from error
        if self["seed"] >= 2**32:
            raise UserError(f"--seed must be below 2**32; got {self['seed']}.")
        if self["strategy"] != "none" and (self["jit"] is True or self["steps_per_execution"] > 1):
            raise UserError(
                f"--strategy {self['strategy']} takes neither --jit nor --steps_per_execution; leave them out."
            )
        for name in ("max_minutes", "early_stopping"):
            if self["strategy"] == "multi_worker" and self[name] is not None:
                raise UserError(
                    f"--{name} is not for --strategy multi_worker, whose workers end together; leave it out."
                )
        if self["early_stopping"] is not None:
            for name, value in (("evaluation.extent", "none"), ("evaluation.every_epochs", 0)):
                if self[name] == value:
                    raise UserError(f"--early_stopping goes by what is measured; leave out --{name} {value}.")
        defaults = heeded_options(self["model"])
        for name in ("prior.spread", "model.subclass_consistency"):
            if name in given and self[name] != defaults[name].default and not self.get("prior.subclasses"):
                raise UserError(f"--{name} is for subclasses, and there are none: set --prior.subclasses.")

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"TrainConfig({self._values})"

    def group(self, prefix: str) -> dict[str, Any]:
        """Return the options `prefix.NAME` by NAME."""
        return {
            name.removeprefix(f"{prefix}."): value
            for name, value in self._values.items()
            if name.startswith(f"{prefix}.") and "." not in name.removeprefix(f"{prefix}.")
        }

    def replaced(self, **options: Any) -> "TrainConfig":
        """Return a config with other values of some options."""
        return TrainConfig({**self._values, **options})

    def settled_by(self, before: "TrainConfig") -> "TrainConfig":
        """Return this config with what it leaves open (`auto`, or how often is measured) as a run of it had it."""
        names = [name for name in LEFT_OPEN if name in self and name in before and self[name] in ("auto", None)]
        if self["batch_size"] == RunOptions.batch_size:  # which a small dataset made smaller
            names.append("batch_size")
        return self.replaced(**{name: before[name] for name in names})

    def heeded(self, folder: str | Path | None = None) -> dict:
        """Return the options nested by group, as `config.yaml` and a scorecard have them.

        Args:
            folder: As seen from which the files are that options name, so that a folder may be moved along with them;
                as they are named where None.
        """
        if folder is None:
            return nested(self._values)
        named = {name: self[name] for name in FILES if self.get(name) is not None}
        return nested({**self._values, **{name: seen_from(folder, path) for name, path in named.items()}})

    @property
    def model_class(self) -> type[LatentGAN]:
        """The class of the model."""
        return MODELS[self["model"]]


def make_config(model: str | None = None, dataset: str = RunOptions.dataset, **options: Any) -> TrainConfig:
    """Return what the command line makes of these options: over the built-in, the model's and the dataset's defaults.

    Example:

    >>> config = make_config("gmgan", "digits", epochs=2, **{"model.width": 0.5})

    Args:
        model: A name in `MODELS`; the dataset's default where None, modegan for images.
        dataset: What `--dataset` takes.
        **options: Any other option by its dotted name, as text or as what it is.

    Raises:
        UserError: If an option is unknown, not the model's, or not what it must be.
    """
    settled = settled_by_kinds(options)
    dataset = settled.get("dataset", dataset)
    model = model or default_model(dataset)
    base = {**dataset_defaults(dataset, model), "model": model, "dataset": dataset}
    return TrainConfig({**base, **settled, **options})


def settled_by_kinds(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that `from` settles, as it names kinds that were found: where their pictures lie, and K.

    Raises:
        UserError: If there is no such answer, it is not of one folder, or an option says otherwise.
    """
    if options.get("from") in (None, "null"):
        return {}
    summary = read_summary(Path(options["from"]).expanduser())
    paths, (side, _, channels) = summary["paths"], summary["shape"]
    if len(paths) > 1 or not (options.get("data.path") or Path(paths[0]).is_dir()):
        raise UserError(
            f"--from {options['from']}: expected the pictures of one folder, and its are of {', '.join(paths[:3])}. "
            "Say where they are by --data.path, or let cluster look at one folder."
        )
    of_clusterer = {f"clusterer.{name}": value for name, value in summary["classifier"].items()}
    if "entropy_penalty" in summary:  # answers of before have none
        of_clusterer["clusterer.entropy_penalty"] = summary["entropy_penalty"]
    settled = {
        "dataset": "folder",
        "data.image_size": side,
        "data.channels": channels,
        "data.crop": summary["crop"],
        "num_components": len(summary["kinds"]),
        **of_clusterer,
    }
    for name, value in settled.items():
        if str(options.get(name, value)) != str(value):
            raise UserError(f"--from {options['from']} has --{name} {value}; leave out --{name} {options[name]}.")
    return {"data.path": paths[0], **settled}


def dataset_configs(dataset: str, model: str) -> list[Path]:
    """Return the shipped YAML files with a dataset's defaults, for all models and for this one, those there are."""
    package = Path(__file__).parents[1]
    folder = package / "configs"  # in a wheel
    if not folder.is_dir():
        folder = package.parent / "configs"  # in the checkout
    return [file for file in (folder / f"{dataset}.yaml", folder / model / f"{dataset}.yaml") if file.is_file()]


def default_model(dataset: str) -> str:
    """Return the model of a dataset where none is named: what its own file says, as for points, or modegan."""
    for file in dataset_configs(dataset, RunOptions.model)[:1]:
        return flatten(read_yaml(file), known_options()).get("model", RunOptions.model)
    return RunOptions.model


def dataset_defaults(dataset: str, model: str) -> dict[str, str]:
    """Return what the shipped files say of a dataset to a model, without what other models heed alone."""
    heeded, known = heeded_options(model), known_options()
    found: dict[str, str] = {}
    for file in dataset_configs(dataset, model):
        found |= flatten(read_yaml(file), known)
    return {name: value for name, value in found.items() if name in heeded or name not in known}
