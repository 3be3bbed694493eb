"""How well modes agree with the classes, where there are labels."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from tfgmmgan.data import ImageData
from tfgmmgan.evaluation.display import COLOURS, METHODS, Runs, html, image, panels, svg, text_table
from tfgmmgan.evaluation.metrics.clustering import calibration, cluster_scores
from tfgmmgan.evaluation.networks.fingerprint import fingerprint
from tfgmmgan.evaluation.networks.kmeans import KMEANS_LIMIT, kmeans_clusters
from tfgmmgan.evaluation.progress import progress
from tfgmmgan.evaluation.sections.section import Section
from tfgmmgan.evaluation.subject import SPLITS, Subject
from tfgmmgan.priors import FittedMixture
from tfgmmgan.utils.cache import cached

__all__ = ["Clustering", "calibration_chart", "confusion_chart"]

Clusters = dict[str, np.ndarray]  # by split (n,) cluster ids
BASELINES = ("kmeans", "autoencoder_kmeans")
ERROR = "calibration.expected_calibration_error"


class Clustering(Section):
    """For each labelled split `clustering`: by method `cluster_scores`, and its `calibration` where it says how sure it
    is.

    The methods are the model's own `classifier` or `mixture`, `algorithm_2`, GAEL's `label_mixture` with as many
    components as classes, where its own has another number, and the baselines `kmeans` on pixels and
    `autoencoder_kmeans`.
    """

    name = "clustering"
    compared = r"test\.clustering\..+\.(acc|nmi)"

    def applies(self, subject: Subject) -> bool:
        """Return whether a split has labels."""
        return bool(_labelled(subject.data))

    def measure(self, subject: Subject) -> dict:
        """Return `clustering` by split."""
        data, model = subject.data, subject.model
        k = model.prior.num_components if model.prior.num_components > 1 else len(data.class_names)
        found, about = _baselines(subject, k), {"num_clusters": k, "num_fitted": min(KMEANS_LIMIT, len(data.train))}
        if "encode" in model.capabilities and len(data.class_names) != model.num_components:
            found = {"label_mixture": _label_mixture(subject), **found}
        card = {}
        for name in _labelled(data):
            labels, scores = getattr(data, name).labels, {}
            rows = np.flatnonzero(labels >= 0)
            labels = labels[rows]
            for method in subject.assigners():
                said = subject.responsibilities(method, name)[rows]
                scores[method] = cluster_scores(labels, said.argmax(axis=1))
                scores[method]["calibration"] = calibration(labels, said)
            for method, clusters in found.items():
                scores[method] = cluster_scores(labels, clusters[name][rows]) | (about if method in BASELINES else {})
            card[name] = {"clustering": scores}
        return card

    def summary(self, card: dict) -> list[str]:
        """Say how the modes agree with the classes."""
        test = card["test"]
        if "modes" not in test:
            return []
        if "clustering" not in test:
            return ["There are no labels to compare the modes with."]
        ours, baseline = test["clustering"][test["modes_by"]], test["clustering"]["kmeans"]
        return [
            "The modes agree with the true classes, which training "
            f"{'was told' if card['labels_in_training'] else 'never saw'}, for {ours['acc']:.0%} of the test examples: "
            f"ACC {ours['acc']:.3f}, NMI {ours['nmi']:.3f} "
            f"(k-means on the pixels: ACC {baseline['acc']:.3f}, NMI {baseline['nmi']:.3f})."
        ]

    def table(self, card: dict) -> str:
        """Return the scores of the test split."""
        if "clustering" not in card["test"]:
            return ""
        rows = _rows(Runs([card], missing=""), "test", dict.fromkeys(("acc", "purity", "nmi", "ari", ERROR), 4))
        return text_table("test split", ("ACC", "PURITY", "NMI", "ARI", "ECE"), rows, 28, 9)

    def protocol(self, card: dict, path: str) -> str:
        """Return the method, and of which examples."""
        if not path.startswith("test.clustering."):
            return ""
        return f"{METHODS[path.split('.')[2]]}, on {card['test']['num_examples']} test examples of the last epoch"

    def tiles(self, runs: Runs) -> list[tuple[str, str]]:
        """Return ACC and NMI of the model's own modes."""
        test = runs.card["test"]
        by = test.get("modes_by")
        if by not in test.get("clustering", {}):
            return []
        at, name = f"test.clustering.{by}.", METHODS[by]
        return [(runs.number(at + "acc"), f"ACC, {name[0].lower()}{name[1:]}"), (runs.number(at + "nmi"), "NMI")]

    def block(self, runs: Runs) -> str:
        """Show the scores of each split, and of the test split calibration and confusion."""
        card = runs.card
        methods = card["test"].get("clustering", {})
        if not methods:
            return ""
        told = card["labels_in_training"]
        part = "were part of this model's training" if told else "took no part in training or in choosing anything"
        about = (
            f"Labels {part}. ACC is the share of examples right under the best one-to-one assignment of modes to "
            "classes; purity is not an accuracy."
        )
        parts = [html.note(about)]
        columns = ("method", "ACC", "purity", "NMI", "NMI (arithmetic)", "ARI", "calibration error")
        digits = dict.fromkeys(("acc", "purity", "nmi", "nmi_arithmetic", "ari", ERROR), 3)
        for split in (name for name in reversed(SPLITS) if "clustering" in card[name]):
            rows = _rows(runs, split, digits)
            title = f"{split.capitalize()} split, {card[split]['num_examples']:,} examples"
            parts += [html.heading(title), html.table(columns, rows, floor=[METHODS[method] for method in BASELINES])]
        calibrated = {METHODS[name]: found["calibration"] for name, found in methods.items() if "calibration" in found}
        if calibrated:
            title = f"How sure, and how often right, on the test split{runs.first}: dots on the line mean what they say"
            chart = image(calibration_chart(calibrated), "Reliability diagram")
            parts += [html.heading(title), html.figures({"The area of a dot is its share of the examples.": chart})]
        confusions = {
            METHODS[name]: image(confusion_chart(found, runs.classes), f"Confusion matrix of {METHODS[name]}")
            for name, found in methods.items()
            if name not in BASELINES and 1 < len(found["clusters"]) <= 60
        }
        if confusions:
            title = f"Confusion on the test split{runs.first}: counts; shade is the share of the class"
            parts += [html.heading(title), html.figures(confusions)]
        return html.block("Do the modes agree with the classes?", *parts)


def _labelled(data: ImageData) -> list[str]:
    return [name for name in SPLITS if getattr(data, name).labels is not None]


def _rows(runs: Runs, split: str, digits: dict[str, int]) -> dict[str, list[str]]:
    paths = {method: f"{split}.clustering.{method}" for method in runs.card[split]["clustering"]}
    return runs.rows(METHODS, paths, digits)


def _label_mixture(subject: Subject) -> Clusters:
    """Return clusters under a mixture with as many components as classes (GAEL, section 4.3)."""
    model, data = subject.model, subject.data
    codes = {
        name: np.concatenate([model.encode(batch) for batch in getattr(data, name).batches().as_numpy_iterator()])
        for name in SPLITS
    }
    mixture = FittedMixture(len(data.class_names), model.latent_dim, model.prior.covariance, model.prior.seed)
    mixture.fit(codes["train"])
    return {name: mixture.responsibilities(codes[name]).numpy().argmax(axis=1) for name in _labelled(data)}


def _baselines(subject: Subject, k: int) -> dict[str, Clusters]:
    """Return the baselines' clusters by method; they are the same for every model, and cached."""
    data, autoencoder = subject.data, subject.autoencoder
    rows = {"kmeans": (None, "pixels")}
    if autoencoder is not None:
        rows["autoencoder_kmeans"] = (autoencoder.codes, autoencoder.identity)

    def make(function: Callable | None) -> Clusters:
        return dict(zip(SPLITS, kmeans_clusters(data.train, [data.train, data.test], k, function), strict=True))

    found = {}
    for method, (function, identity) in progress(rows.items(), "baselines", unit="baseline"):
        key = {"data": fingerprint(data), "rows": identity, "k": k, "limit": KMEANS_LIMIT}
        found[method] = cached(f"{method}-{data.name.replace('/', '-')}-{k}", key, partial(make, function))
    return found


def confusion_chart(scores: dict, classes: Sequence[str]) -> str:
    """Return the confusion matrix of a clustering (`cluster_scores`): classes by modes, each row's shares."""
    counts = np.array(scores["confusion"], float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, (place,) = panels(1, 1.6 + 0.42 * counts.shape[1], 1.0 + 0.36 * counts.shape[0])
    place.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    if counts.size <= 900:
        for row, column in np.ndindex(*counts.shape):
            if counts[row, column]:
                colour = "white" if shares[row, column] > 0.5 else "0.25"
                text = f"{counts[row, column]:.0f}"
                place.text(column, row, text, ha="center", va="center", color=colour, fontsize=7)
    ids = scores.get("classes", range(len(counts)))  # scorecards of before have none
    names = [classes[number] if number < len(classes) else number for number in ids]
    place.set_xticks(range(counts.shape[1]), scores["clusters"], fontsize=8)
    place.set_yticks(range(len(counts)), [str(name)[:18] for name in names], fontsize=8)
    place.set(xlabel="mode", ylabel="class")
    place.spines[:].set_visible(False)
    return svg(figure)


def calibration_chart(found: dict[str, dict]) -> str:
    """Return the reliability diagram of each method's `calibration`: how often it was right, by how sure it was."""
    figure, (place,) = panels(1, 3.6, 3.4)
    place.plot([0, 1], [0, 1], color="0.8", zorder=0)
    for colour, (name, scores) in zip(COLOURS, found.items(), strict=False):
        label = f"{name} (error {scores['expected_calibration_error']:.3f})"
        place.plot(scores["confidence"], scores["accuracy"], color=colour, linewidth=1, label=label)
        sizes = 6 + 200 * np.array(scores["share"])
        place.scatter(scores["confidence"], scores["accuracy"], sizes, color=colour, alpha=0.6, linewidths=0)
    place.set(xlabel="responsibility of the likeliest mode", ylabel="share right", xlim=(0, 1.03), ylim=(0, 1.03))
    place.legend(frameon=False, fontsize=8, loc="best")
    return svg(figure)
