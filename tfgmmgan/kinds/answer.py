"""What is in a folder: its kinds, found and written down."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfgmmgan.clustering import ImageClusterer
from tfgmmgan.clustering.clarity import neighbour_shares, runs_into
from tfgmmgan.clustering.count import as_good
from tfgmmgan.clustering.sizes import assumed_sizes
from tfgmmgan.data.embeddings import read_embeddings
from tfgmmgan.data.pictures import Pictures, read_pictures
from tfgmmgan.kinds.gallery import write_gallery
from tfgmmgan.kinds.summary import GALLERY, TABLE, read_summary, rename_kinds, write_summary
from tfgmmgan.kinds.table import Row, assignments, read_table, write_table
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.files import replacing
from tfgmmgan.version import __version__

__all__ = ["Answer", "answer_of", "find_kinds", "load_answer", "predict_kinds"]

UNREADABLE, MAP, PLACES, CLUSTERER = "unreadable.csv", "map.png", "map.csv", "clusterer"
WIDTH = 0.5  # of C: self-training takes 51 ms a step, and 114 with 1, in bfloat16 (32 x 32 x 3, two cores)
STRANGE = 2.0  # outlier score from which on a picture is called strange


class Answer:
    """The kinds among some pictures.

    Attributes:
        rows: A row for each picture, as in `clusters.csv`.
        summary: What is in `summary.json`: numbers of pictures, and for each kind its share and how clear it is.
        clusterer: The fitted `ImageClusterer`.
        pictures: The pictures; None where the answer was loaded.
        compared: (n, D) what they are compared by; None where it was loaded.
        folder: Where it was loaded from, or None.
    """

    def __init__(
        self,
        rows: list[Row],
        summary: dict[str, Any],
        clusterer: ImageClusterer,
        pictures: Pictures | None = None,
        compared: np.ndarray | None = None,
        folder: Path | None = None,
    ) -> None:
        self.rows = rows
        self.summary = summary
        self.clusterer = clusterer
        self.pictures = pictures
        self.compared = compared
        self.folder = folder

    def describe(self) -> str:
        """Return the answer in words, some lines."""
        told, kinds = self.summary, self.summary["kinds"]
        lines = [f"{told['pictures']} pictures in {len(kinds)} kinds:"]
        width = max(len(_called(kind)) for kind in kinds)
        for kind in kinds:
            clear = "clear" if kind["clear"] else "empty"
            if kind["runs_into"]:
                clear = f"runs into {', '.join(_called(kinds[one]) for one in kind['runs_into'])}"
            lines.append(f"  {_called(kind):<{width}} {kind['pictures']:>7} {kind['share']:>6.1%}  {clear}")
        if told["number"] and not told["number"]["stands_out"]:
            others = told["number"]["as_good"]
            or_else = f": {', '.join(map(str, others))} would do as well" if others else ""
            lines.append(f"No number of kinds stands out{or_else}. If you know it, say --num_components K.")
        count = sum(kind["clear"] for kind in kinds)
        rest = "" if count == len(kinds) else "; look at the others before you count on them"
        lines.append(f"{count} of {len(kinds)} kinds are clear: the neighbours of a picture are of its kind{rest}.")
        lines.append("Whether they are the kinds that you mean, you see in " + GALLERY + "; no number here knows it.")
        if len(kinds) > 1:
            lines += assumed_sizes(told.get("entropy_penalty"), "--entropy_penalty")  # answers of before have none
        if told["strange"]:
            lines.append(f"{_counted(told['strange'], 'picture is', 'pictures are')} far from all others.")
        if told["duplicates"]:
            lines.append(f"{_counted(told['duplicates'], 'picture is', 'pictures are')} there twice, or nearly.")
        if told["unreadable"]:
            several = _counted(told["unreadable"], "file is no picture", "files are no pictures")
            lines.append(f"{several} or can't be read: {UNREADABLE} says why.")
        return "\n".join(lines)

    def write(self, folder: str | Path) -> None:
        """Write the answer into a folder: tables, pages, summary and the fitted clusterer; the summary comes last.

        One that was loaded is copied.

        Raises:
            UserError: If a file of a loaded one is gone.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if self.pictures is None:
            self._copy(folder)
            return
        write_table(folder / TABLE, self.rows)
        unreadable = [{"path": name, "reason": reason} for name, reason in self.pictures.unreadable.items()]
        write_table(folder / UNREADABLE, unreadable, ("path", "reason"))
        self.clusterer.save(folder / CLUSTERER)
        write_gallery(folder / GALLERY, folder / MAP, self.rows, self.summary, self.compared, self.pictures)
        write_summary(folder, self.summary)

    def _copy(self, folder: Path) -> None:
        self.clusterer.save(folder / CLUSTERER)
        places = (PLACES,) * (self.folder / PLACES).is_file()  # answers of before have none
        for name in (TABLE, UNREADABLE, GALLERY, MAP, *places):
            try:
                content = (self.folder / name).read_bytes()
            except OSError as error:
                raise UserError(f"{self.folder / name} can't be read ({error.strerror}).") from error
            with replacing(folder / name) as temporary:
                temporary.write_bytes(content)
        write_summary(folder, self.summary)

    def rename(self, folder: Path, names: dict[int, str]) -> None:
        """Give the kinds other names, here and in the folder where the answer lies."""
        rename_kinds(folder, names, len(self.summary["kinds"]))
        self.summary["kinds"] = [{**kind, "name": names.get(kind["cluster"], "")} for kind in self.summary["kinds"]]
        self.rows = [{**row, "name": names.get(int(row["cluster"]), "")} for row in self.rows]


def _counted(number: int, one: str, several: str) -> str:
    """Return a number with the words for one or for several."""
    return f"{number} {one if number == 1 else several}"


def find_kinds(
    paths: str | Path | Sequence[str | Path],
    num_components: int | str = "auto",
    names: dict[int, str] | None = None,
    crop: str = "center",
    features: str | Path | np.ndarray | None = None,
    **options: Any,
) -> Answer:
    """Find the kinds among the pictures of a folder.

    Example:

    >>> answer = tfgmmgan.find_kinds("photos")
    >>> print(answer.describe()); answer.write("photos-kinds")

    Args:
        paths: A folder, or several files and folders.
        num_components: How many kinds, or `"auto"`. Default `"auto"`.
        names: What kinds are called, by number. Default nothing.
        crop: `"center"` cuts out a picture's middle square, `"none"` squeezes it. Default `"center"`.
        features: Embeddings by which the pictures are compared: a file (`tfgmmgan.data.embeddings`), or (n, F) in the
            order of their paths. Default none.
        **options: As of `ImageClusterer`; C's width is 0.5 where not given, which takes half of the time.

    Raises:
        UserError: If there are no pictures, or fewer than kinds, or an option is wrong.
    """
    started = time.monotonic()
    several = [paths] if isinstance(paths, str | Path) else list(paths)
    pictures = read_pictures([Path(path) for path in several], crop=crop)
    if isinstance(features, str | Path):
        features = read_embeddings(features, pictures.names)
    clusterer = ImageClusterer(num_components, **{"width": WIDTH, **options})
    clusterer.fit(pictures.images, originals=pictures.originals, features=features)
    found_in = [Path(path).expanduser().absolute() for path in several]
    answer = answer_of(clusterer, pictures, found_in, crop, names, features)
    answer.summary["minutes"] = round((time.monotonic() - started) / 60, 2)
    return answer


def answer_of(
    clusterer: ImageClusterer,
    pictures: Pictures,
    paths: Sequence[Path],
    crop: str,
    names: dict[int, str] | None = None,
    features: np.ndarray | None = None,
) -> Answer:
    """Return what a fitted clusterer says of the pictures that it was fitted to, or that these are some of.

    Args:
        clusterer: `rows_used_` says which of the pictures its clusters were sought among.
        pictures: As `read_pictures` returns them.
        paths: Where they were found.
        crop: As in `find_kinds`.
        names: As in `find_kinds`.
        features: (n, F) of the pictures, where it was fitted to such.
    """
    probabilities = clusterer.predict_proba(pictures.images)
    scores, copies = _surroundings(clusterer, pictures, features)
    summary = {
        "tfgmmgan": __version__,
        "paths": [str(path) for path in paths],
        "pictures": len(pictures),
        "unreadable": len(pictures.unreadable),
        "shape": list(pictures.images.shape[1:]),
        "crop": crop,
        "descriptor": clusterer.descriptor_name_,
        "classifier": {name: getattr(clusterer, name) for name in ("architecture", "width")},
        "entropy_penalty": clusterer.entropy_penalty,
        "number": _number(clusterer),
        "strange": int((scores >= STRANGE).sum()),
        "duplicates": sum(copy != "" for copy in copies),
        "minutes": None,
        "kinds": _kinds(clusterer, probabilities.argmax(axis=1), probabilities, names or {}),
    }
    rows = assignments(pictures.names, probabilities, scores, copies, names)
    return Answer(rows, summary, clusterer, pictures, _compared(clusterer, pictures, features))


def load_answer(folder: str | Path, network: str | None = None) -> Answer:
    """Return the answer that `Answer.write` wrote into a folder.

    Args:
        folder: Where.
        network: As in `ImageClusterer.load`.

    Raises:
        UserError: If there is none, or it is damaged or unfinished.
    """
    folder, summary = Path(folder), read_summary(folder)
    clusterer = ImageClusterer.load(folder / CLUSTERER, network)
    return Answer(read_table(folder / TABLE), summary, clusterer, folder=folder)


def predict_kinds(answer: Answer, paths: Sequence[str | Path]) -> tuple[list[Row], dict[str, str]]:
    """Return which kinds new pictures are of, a row for each as in `clusters.csv`, and why other files are none.

    Args:
        answer: The answer whose kinds are meant.
        paths: Files and folders.
    """
    clusterer, names = answer.clusterer, {kind["cluster"]: kind["name"] for kind in answer.summary["kinds"]}
    pictures = read_pictures([Path(path) for path in paths], clusterer.image_shape_, answer.summary["crop"])
    scores = None
    if clusterer.descriptor_name_ != "features":  # of new pictures nobody has them
        scores = clusterer.score_outliers(pictures.images, pictures.originals)
    rows = assignments(pictures.names, clusterer.predict_proba(pictures.images), scores, None, names)
    return rows, pictures.unreadable


def _surroundings(
    clusterer: ImageClusterer, pictures: Pictures, features: np.ndarray | None
) -> tuple[np.ndarray, list[str]]:
    """Return the outlier score of each picture, and the name of the first that is nearly the same."""
    scores, copies = np.empty(len(pictures)), [""] * len(pictures)
    used = clusterer.rows_used_
    scores[used] = clusterer.outlier_scores_
    for row, first in zip(used, clusterer.duplicate_of_, strict=True):
        copies[row] = "" if first < 0 else pictures.names[used[first]]
    others = np.setdiff1d(np.arange(len(pictures)), used)
    if len(others):
        seen = pictures.images[others] if features is None else features[others]
        scores[others] = clusterer.score_outliers(seen, pictures.originals[others])
    return scores, copies


def _compared(clusterer: ImageClusterer, pictures: Pictures, features: np.ndarray | None) -> np.ndarray:
    """Return what the pictures are compared by, (n, D)."""
    found = np.empty((len(pictures), clusterer.rows_.shape[1]), clusterer.rows_.dtype)
    found[clusterer.rows_used_] = clusterer.rows_
    others = np.setdiff1d(np.arange(len(pictures)), clusterer.rows_used_)
    if len(others) and features is not None:
        found[others] = clusterer.descriptor_.transform(features[others])
    elif len(others):
        found[others] = clusterer.describe(pictures.images[others], pictures.originals[others])
    return found


def _number(clusterer: ImageClusterer) -> dict[str, Any] | None:
    """Return how sure the number of kinds is; None where it was given."""
    if clusterer.n_clusters != "auto":
        return None
    stands_out, others = as_good(clusterer.count_information_, clusterer.n_clusters_)
    return {"stands_out": stands_out, "as_good": others}


def _kinds(
    clusterer: ImageClusterer, labels: np.ndarray, probabilities: np.ndarray, names: dict[int, str]
) -> list[dict[str, Any]]:
    """Return what is told of each kind."""
    count = probabilities.shape[1]
    shares = neighbour_shares(labels[clusterer.rows_used_], clusterer.link_clustering_.neighbors_, count)
    touching = runs_into(shares)
    found = []
    for kind in range(count):
        own = labels == kind
        found.append(
            {
                "cluster": kind,
                "name": names.get(kind, ""),
                "pictures": int(own.sum()),
                "share": round(float(own.mean()), 4),
                "mean_probability": round(float(probabilities[own, kind].mean()), 4) if own.any() else None,
                "neighbours_within": round(float(shares[kind, kind]), 4),
                "clear": not touching[kind] and bool(own.any()),
                "runs_into": touching[kind],
            }
        )
    return found


def _called(kind: dict[str, Any]) -> str:
    return kind["name"] or f"kind {kind['cluster']}"
