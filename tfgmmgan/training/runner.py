"""One training run from a config to everything it leaves behind."""

import math
import os

import keras
import tensorflow as tf

from tfgmmgan.clustering import Progress
from tfgmmgan.data import DataOptions, ImageData, load
from tfgmmgan.evaluation import EvaluationOptions
from tfgmmgan.evaluation.subject import Subject
from tfgmmgan.kinds import Answer, load_answer
from tfgmmgan.models import LatentGAN
from tfgmmgan.serving.export import export, exported_steps
from tfgmmgan.training.build import build_model, check_sizes, count_kinds, with_batch, with_length
from tfgmmgan.training.callbacks import (
    BeforeTraining,
    Checkpoint,
    EpochLogs,
    Figures,
    HistoryFile,
    Scores,
    StopAtNaN,
    StopInTime,
)
from tfgmmgan.training.compat import read_run_config
from tfgmmgan.training.csv_files import minutes_trained
from tfgmmgan.training.data_record import trained_on
from tfgmmgan.training.hardware import resolved
from tfgmmgan.training.measuring import evaluate
from tfgmmgan.training.options import FILES, TrainConfig
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.training.run_kinds import check_pictures, draw_kinds, write_kinds
from tfgmmgan.training.strategies import is_chief, make_strategy, workers_answer
from tfgmmgan.training.weights import restore, write_weights
from tfgmmgan.training.within_epoch import WithinEpoch, forget_within_epoch, restore_within_epoch
from tfgmmgan.training.yaml_files import write_yaml
from tfgmmgan.utils.arguments import arguments
from tfgmmgan.utils.errors import UserError, note
from tfgmmgan.utils.files import replacing
from tfgmmgan.utils.replicas import is_multi_worker
from tfgmmgan.utils.time_left import EpochLines, TimeLeft, verbosity
from tfgmmgan.version import __version__

__all__ = ["default_run_name", "train"]

MAY_CHANGE_ON_RESUME = (
    *("epochs", "from", "max_minutes", "early_stopping", "keep_checkpoints"),
    "data.path",
    "data.features",
    "data.changed_ok",
    *(f"evaluation.{name}" for name in arguments(EvaluationOptions)),
)


def default_run_name(dataset: str, model: str, seed: int | str) -> str:
    """Return the name a run's directory has where none is given."""
    return f"{dataset.replace('/', '-').replace(':', '-')}-{model}-seed{seed}"


def train(config: TrainConfig, output: str | None = None, resume: bool = False) -> tuple[RunDirectory, dict | None]:
    """Train a model as a config says and write the run directory.

    Example:

    >>> run, scorecard = train(make_config("modegan", "digits", epochs=2))

    Args:
        config: What to train on what.
        output: The run directory; `saved_models/<dataset>-<model>-seed<seed>` where None, or the next free one.
        resume: Go on with the run at that place from its last checkpoint, and end as if it had never stopped.

    Returns:
        The run directory and the scorecard, which is None where nothing is to be measured, and of the workers that are
        not the chief.

    Raises:
        UserError: If the data can't be had, an option does not fit or differs from the run that is resumed, the place
            is taken, a checkpoint is damaged, a loss or weight is no longer a finite number, or another worker is lost.
    """
    strategy = make_strategy(config["strategy"])
    config = _with_absolute_paths(resolved(config))
    if is_multi_worker(strategy) and output is None:
        raise UserError("--strategy multi_worker needs --output: one directory that all workers can read.")
    name = default_run_name(config["dataset"], config["model"], config["seed"])
    resumed = RunDirectory.find(output, name) if resume else None
    if resumed is None or not is_chief(strategy):
        return _train(config, output, name, resumed, strategy)
    resumed.lock()  # before it is read: another process may still be writing there
    try:
        return _train(config, output, name, resumed, strategy)
    finally:
        resumed.release()


def _train(
    config: TrainConfig, output: str | None, name: str, resumed: RunDirectory | None, strategy: tf.distribute.Strategy
) -> tuple[RunDirectory, dict | None]:
    """Make data and model, and train."""
    if resumed:
        before = read_run_config(resumed.config)
        config = config.settled_by(before)
        _check_resume(config, before)
    keras.utils.set_random_seed(config["seed"])
    data = load(config["dataset"], DataOptions(**config.group("data")))
    if config.model_class.needs_labels:
        data = _labelled(data)
    config = with_length(with_batch(config, len(data.train)), len(data.train))
    if config.get("num_components") == "auto":
        config = config.replaced(num_components=count_kinds(config, data))
    with strategy.scope(), workers_answer(strategy):
        model = build_model(config, data.shape, len(data.class_names), len(data.train))
    check_sizes(config, model, data, strategy.num_replicas_in_sync)
    first_epoch, within = restore(model, resumed) if resumed else 0, None
    if resumed and config["strategy"] == "none" and not config["data.changed_ok"]:
        steps = data.steps_per_epoch(config["batch_size"] * model.critic_steps)
        within = restore_within_epoch(model, resumed, first_epoch, config["epochs"], steps)
        first_epoch = within["epoch"] if within else first_epoch
    answer = None
    if config.get("from") and model.examples_wanted:
        answer = load_answer(config["from"], config["clusterer.network"])
        check_pictures(answer, data, config)
        model.clusterer = answer.clusterer
    if first_epoch > config["epochs"]:
        raise UserError(
            f"{resumed.path} has already trained for {first_epoch} epochs; --epochs {config['epochs']} is less."
        )
    if not is_chief(strategy):
        run = resumed or RunDirectory(output)
        _fit(model, data, config, first_epoch, run, [])
        return run, None

    subject = Subject(model, data, EvaluationOptions(**config.group("evaluation")))
    if config["evaluation.inception"] not in (None, "none"):
        subject.inception  # noqa: B018  (what the user named must be there before hours of training, not after)
    run = resumed or RunDirectory.claim(output, name)
    try:
        return run, _train_and_measure(run, model, data, config, subject, first_epoch, within, strategy, answer)
    finally:
        run.release()


def _train_and_measure(
    run: RunDirectory,
    model: LatentGAN,
    data: ImageData,
    config: TrainConfig,
    subject: Subject,
    first_epoch: int,
    within: dict | None,
    strategy: tf.distribute.Strategy,
    answer: Answer | None,
) -> dict | None:
    """Train from `first_epoch` on, write what a run leaves behind, and return the scorecard, if it is measured."""
    digests = trained_on(run, data, first_epoch, config["data.changed_ok"])
    with replacing(run.config) as temporary:
        kept = config.replaced(**{"data.changed_ok": False})  # for this once
        write_yaml({"version": __version__, **kept.heeded(run.path)}, temporary)
    if digests != run.record("data"):
        Progress(run.modes).clear()  # of other data
        run.write_record("data", digests)
    print(f"{data.name}: {len(data.train)} training and {len(data.test)} test examples of {_describe(data)}.")
    if config["strategy"] != "none":
        print(f"Each batch goes to {strategy.num_replicas_in_sync} replicas.")
    print(f"Run directory: {run.path}" + (f", after {first_epoch} epochs" if first_epoch else ""), flush=True)
    if within is None:
        forget_within_epoch(run)  # of before the last checkpoint
    if answer is not None:
        answer.write(run.path)
    before = within["seconds"] if within else 0.0
    callbacks = [
        StopInTime(run, config["max_minutes"], config["epochs"], before),
        HistoryFile(run.history, first_epoch, before),
        EpochLogs(run.logs),
        Figures(run, data, config["evaluation.every_epochs"]),
        Checkpoint(run, last_epoch=config["epochs"], keep=config["keep_checkpoints"]),
    ]
    if config["evaluation.extent"] != "none":
        every, patience = config["evaluation.every_epochs"], config["early_stopping"]
        callbacks.insert(len(callbacks) - 1, Scores(run, subject, every, first_epoch, config["epochs"], patience))
    if config["strategy"] == "none":
        callbacks.append(WithinEpoch(run, within))
    last_epoch = _fit(model, data, config, first_epoch, run, callbacks, within["step"] if within else 0)
    if config["strategy"] != "none":  # the rest is for this process alone, which waits for no replica
        model = build_model(config, data.shape, len(data.class_names), len(data.train))
        restore(model, run)
    _finish(run, model, data, config, last_epoch)
    print(f"Trained for {minutes_trained(run.history):.1f} minutes.", flush=True)
    card = None if config["evaluation.extent"] == "none" else evaluate(run, model, data, config)
    if run.record("stopped") is not None:
        run.write_record("stopped", None)  # with everything done, --resume trains on
    return card


def _with_absolute_paths(config: TrainConfig) -> TrainConfig:
    """Return a config whose files are found from any folder."""
    files = {name: config[name] for name in FILES if config.get(name) is not None}
    return config.replaced(**{name: os.path.abspath(os.path.expanduser(path)) for name, path in files.items()})


def _labelled(data: ImageData) -> ImageData:
    """Return the labelled part of a dataset, from which alone a model learns that is told the classes."""
    part = data.labelled
    if len(part.train) < len(data.train):
        told = f"{len(part.train)} of the {len(data.train)} training examples of {data.name} have a label"
        note(f"{told}; these alone are learned from.")
    return part


def _fit(
    model: LatentGAN,
    data: ImageData,
    config: TrainConfig,
    first_epoch: int,
    run: RunDirectory,
    callbacks: list,
    first_step: int = 0,
) -> int:
    """Train to the last epoch, finding the modes before the first; return after how many epochs it stopped.

    Raises:
        UserError: If a loss or a weight is no longer finite.
    """
    if not first_step and first_epoch in (config["epochs"], run.record("stopped")):
        return first_epoch
    if callbacks and run.record("stopped") is not None:
        run.write_record("stopped", None)  # it is not there that this one stops
    stop = StopAtNaN(run)
    step_size = config["batch_size"] * model.critic_steps
    verbose = verbosity() if is_chief(model.distribute_strategy) else 0
    with workers_answer(model.distribute_strategy):
        if model.examples_wanted:
            if verbose and not config.get("from"):
                print("Finding the modes ...", flush=True)
            progress = Progress(run.modes if callbacks else None)  # of several workers the chief alone keeps it
            examples, rows = data.train.draw_rows(model.examples_wanted)
            known = {name: getattr(data.train, name) for name in ("features", "originals")}
            known = {name: all_of[rows] for name, all_of in known.items() if all_of is not None}
            found = model.before_training(examples, verbose, callbacks=[stop], progress=progress, **known)
            if found is not None and callbacks and not config.get("from"):
                write_kinds(run, found, rows, data, config)
            seconds = progress.seconds
            for callback in callbacks:
                if isinstance(callback, BeforeTraining):
                    callback.on_modes_found(model, seconds)
            progress.clear()

        steps = data.steps_per_epoch(step_size)
        end = next((one.end for one in callbacks if isinstance(one, StopInTime)), math.inf)
        told = [TimeLeft("training", steps, config["epochs"], verbose, end)]
        if verbose == 2:
            told.append(EpochLines(config["epochs"]))

        def fit(epoch: int, epochs: int, step: int = 0) -> int:
            batches = data.training_batches(step_size, config["seed"], epoch, labelled=model.needs_labels)
            history = model.fit(
                batches.skip(step) if step else batches,
                steps_per_epoch=steps - step,
                initial_epoch=epoch,
                epochs=epochs,
                callbacks=[stop, *callbacks, *told],
                shuffle=False,  # the batches come in their own order
                verbose=0 if verbose == 2 else verbose,  # a log has `told`
            )
            return epoch + len(history.epoch)

        done = fit(first_epoch, first_epoch + 1, first_step) if first_step else first_epoch
        finished = done == config["epochs"] or (first_step and model.stop_training)
        return done if finished else fit(done, config["epochs"])


def _finish(run: RunDirectory, model: LatentGAN, data: ImageData, config: TrainConfig, last_epoch: int) -> None:
    """Do what comes after the last step, and write the model and its export, where that was not done before."""
    steps = int(model.optimizer.iterations.numpy())
    if run.record("model") != steps or not run.model.is_file():
        if "fit_prior" in model.capabilities:
            print("Fitting the mixture to the encodings of the training examples ...", flush=True)
        model.after_training(data.train.batches().as_numpy_iterator())
        write_weights(model, run, run.checkpoint(last_epoch))  # with what was fitted
        with replacing(run.model) as temporary:
            model.save(temporary)
        draw_kinds(run, model, config["seed"])
        run.write_record("model", steps)
    if exported_steps(run.serving) != steps:
        export(model, run.serving, config["data.crop"])


def _check_resume(config: TrainConfig, before: TrainConfig) -> None:
    """Raise `UserError` where a resumed run would become another run."""
    for option, old in before.items():
        if (new := config[option]) != old and option not in MAY_CHANGE_ON_RESUME:
            raise UserError(
                f"A resumed run keeps its options, and --{option} was {old}, not {new}. Leave it out, or start a new "
                "run without --resume."
            )


def _describe(data: ImageData) -> str:
    if not data.is_image:
        return f"{data.shape[0]} dimensions"
    height, width, channels = data.shape
    return f"{height}x{width} pixels, {'grey' if channels == 1 else 'colour'}"
