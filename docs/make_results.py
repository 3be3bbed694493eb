"""Write docs/results.md from the scorecards in docs/results/: one section for each folder.

python docs/make_results.py

A folder has a README.md (title, command, notes, pictures) and scorecard-seed*.json, as runs leave them. Folders without
scorecards are left out. Numbers over several seeds are mean ± sample standard deviation.
"""

import json
import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from benchmarks.scorecards import table, text, value  # noqa: E402

HEAD = """# Results

Made by `python docs/make_results.py` from the scorecards in [results/](results); edit those, or the README.md beside
them, not this page. All on the test split, on 2 CPU cores. Labels were used for these scores alone, but by systems that
are told labels.

- **C** is what says p(k | x): the classifier, or GAEL's mixture. ACC gives each class one mode; with more modes than
  classes look at purity, the share of images that are of their mode's most frequent class. ECE is the expected
  calibration error.
- **Algorithm 2** is a classifier trained on generated images alone, of what each mode draws, and tested on real ones.
- Distances, precision, recall and coverage are by features of a classifier of the dataset, and by an autoencoder, which
  knows no label; 10,000 generated against as many real images, or as many as the test split has. A dash: not measured.
- Minutes are of training alone and depend on what else the machine did; each section says.

What each number is, and how it is taken: [evaluation](guides/evaluation.md). Photos, scans and icons that nothing was
tuned on: [clusters of seven sets](results/suite/README.md). Recipes that exist no more:
[research](../research/results/README.md).
"""
COLUMNS = {  # title: where in a scorecard, decimals
    "ACC of C": ("test.clustering.C.acc", 4),
    "purity of C": ("test.clustering.C.purity", 4),
    "NMI of C": ("test.clustering.C.nmi", 4),
    "ECE of C": ("test.clustering.C.calibration.expected_calibration_error", 4),
    "ACC, Algorithm 2": ("test.clustering.algorithm_2.acc", 4),
    "purity, Algorithm 2": ("test.clustering.algorithm_2.purity", 4),
    "NMI, Algorithm 2": ("test.clustering.algorithm_2.nmi", 4),
    "of the class asked for": ("conditional.agreement", 3),
    "modes in use": ("test.modes.num_modes_in_use", 0),
    "minutes": ("run.minutes", 1),
}
QUALITY = {"Fréchet": "frechet_distance", "precision": "precision", "recall": "recall", "coverage": "coverage"}
JUDGES = ("classifier", "autoencoder")
SUMMARY = ("ACC of C", "purity of C", "NMI of C", "ACC, Algorithm 2")


def clustering_table(cards: list[dict]) -> str:
    """Return a row for each seed, and one for all."""
    rows = [
        [str(card["run"]["config"]["seed"]), *(text([value(card, path)], n) for path, n in COLUMNS.values())]
        for card in cards
    ]
    if len(cards) > 1:
        spread = {title: text([value(card, path) for card in cards], n) for title, (path, n) in COLUMNS.items()}
        spread |= {"minutes": "-", "modes in use": "-"}
        rows.append(["mean ± std", *spread.values()])
    return table(["seed", *COLUMNS], rows)


def quality(cards: list[dict], where: str, judge: str) -> list[str]:
    """Return the cells of a judge, of generated images (`image_quality.sampler`) or real test images (`floor`)."""
    return [text([value(card, f"{where}.{judge}.{name}") for card in cards], 3) for name in QUALITY.values()]


def quality_table(cards: list[dict]) -> str:
    """Return generated against real images by each judge; the last row of each is real test images."""
    rows = []
    for judge in JUDGES:
        rows.append([f"generated, by the {judge}", *quality(cards, "image_quality.sampler", judge)])
        # Real images are the same for all seeds; the last scorecard is the most complete.
        rows.append(["real test images", *quality(cards[-1:], "floor", judge)])
    return table(["", *QUALITY], rows) if value(cards[-1], "image_quality") else ""


def section(folder: Path, cards: list[dict]) -> str:
    """Return a folder's section: README.md with the tables behind its command, and the versions."""
    page = re.sub(r"\]\((?!http|#)", f"](results/{folder.name}/", (folder / "README.md").read_text().strip())
    page = page.replace(f"](results/{folder.name}/../../", "](")
    title, command, *rest = page.split("\n\n")
    versions = sorted({", ".join(f"{k} {v}" for k, v in list(card["versions"].items())[:4]) for card in cards})
    parts = [
        f"#{title}",
        command,
        clustering_table(cards),
        quality_table(cards),
        *rest,
        f"Versions: {'; '.join(versions)}.",
    ]
    return "\n\n".join(part for part in parts if part)


def summary(recipes: dict[str, tuple[str, list[dict]]]) -> str:
    """Return one row for each recipe."""
    rows = []
    for title, cards in recipes.values():
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        row = [f"[{title}](#{anchor})", str(len(cards))]
        row += [text([value(card, path) for card in cards], n) for path, n in map(COLUMNS.get, SUMMARY)]
        rows.append(row + quality(cards, "image_quality.sampler", "classifier"))
    return table(["recipe", "seeds", *SUMMARY, *QUALITY], rows)


def make(results: Path = DOCS / "results") -> str:
    """Return the whole page."""
    recipes = {}
    for folder in sorted(path.parent for path in results.glob("*/README.md")):
        cards = [json.loads(path.read_text()) for path in sorted(folder.glob("scorecard-seed*.json"))]
        if cards:
            recipes[folder] = ((folder / "README.md").read_text().splitlines()[0].removeprefix("# "), cards)
    sections = [section(folder, cards) for folder, (_, cards) in recipes.items()]
    return "\n\n".join([HEAD.strip(), "## All at once", summary(recipes), *sections]) + "\n"


if __name__ == "__main__":
    (DOCS / "results.md").write_text(make())
