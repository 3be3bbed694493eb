"""Write docs/reproduction.md, the ledger: every table, figure and claim of the papers beside what we got.

python docs/make_reproduction.py
python docs/make_reproduction.py --keep saved_models/gm_gan-table_3/mnist configs/papers/gm_gan/table_3.yaml [--as NAME]

docs/reproduction/claims.yaml says what is published, and what we think where ours differs. Our numbers are those of
docs/reproduction/<paper>/<table>/<row>.json and <row>--NAME.json, which --keep takes from what `python -m tfgmmgan
reproduce` left; or of the scorecards in docs/results. What a row costs is counted by `python -m benchmarks.run_times`.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from benchmarks.scorecards import text, value  # noqa: E402
from tfgmmgan.evaluation.comparison import gives_errors, spread_of  # noqa: E402
from tfgmmgan.training.published import PublishedRow, read_table  # noqa: E402
from tfgmmgan.training.yaml_files import read_yaml  # noqa: E402

PAPERS, LEDGER = DOCS.parent / "configs" / "papers", DOCS / "reproduction"
GPU = 1e13  # FLOP/s that the hours of what was not run are said for
COLUMNS = ("where", "published", "ours", "off by", "the protocol, or how", "minutes", "what we think")
HEAD = """# The papers, reproduced: a ledger

Made by `python docs/make_reproduction.py` from [claims.yaml](reproduction/claims.yaml) and the scores beside it; edit
those, not this page. Every table, figure and claim of the four papers is a row, also where ours falls short or nothing
was run.

- **Ours** is mean ± standard deviation over our seeds, or ± standard error where the paper gives one; n runs.
  Clustering is of the test split; papers cluster what they trained on, which stands behind in brackets.
- **Off by** is ours minus the published number.
- **Where**: behind it stand file and row of configs/papers, for the commands above each table.
- **The protocol** names the options in which our run departs from the row of configs/papers, with the row's own value
  in brackets; where nothing was measured, it is how that could be done. "As published" is said of what the paper
  says; networks, epochs and whatever else it leaves open are ours and named in the file.
- **Minutes** are of one run's training, on the processor named.
- Hours of what was not run are its counted floating-point operations at 10 TFLOP/s
  (`python -m benchmarks.run_times`); what a GPU sustains differs.
- None of the clustering here saw labels but where the row says supervised. Settings that we chose with labels in view
  are named where they stand.
"""
NOT_A_PROTOCOL = ("evaluation.", "keep_checkpoints", "data.path", "data.memory_limit", "jit", "seed")


def flat(config: dict, prefix: str = "") -> dict[str, Any]:
    """Return options by their dotted names."""
    found = {}
    for name, given in config.items():
        found |= flat(given, f"{prefix}{name}.") if isinstance(given, dict) else {f"{prefix}{name}": given}
    return found


def keep(made: Path, table: Path, name: str | None) -> Path:
    """Copy what the ledger needs of a row that `reproduce` made, and return where to."""
    found = json.loads((made / "aggregate.json").read_text())
    row = read_table(table).row(found["row"])
    wanted = [*row.paths.values(), *(path for path in found["scores"] if path.startswith(("train.clus", "test.clus")))]
    wanted += [path for path in found["scores"] if path.startswith(("points.", "image_quality."))]
    scores = {path: found["scores"][path] for path in dict.fromkeys(wanted) if path in found["scores"]}
    scores = {path: score for path, score in scores.items() if not isinstance(score["mean"], list)}
    target = LEDGER / table.resolve().parent.name / table.stem / f"{row.name}{f'--{name}' if name else ''}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = {key: found[key] for key in ("seeds", "config", "minutes", "epochs", "processor", "versions")}
    target.write_text(json.dumps({**kept, "scores": scores}, indent=1) + "\n")
    return target


def departures(row: PublishedRow, config: dict) -> str:
    """Return in which options a config departs from the row, or that it does not."""
    asked, got = flat(json.loads(json.dumps(row.config().heeded()))), flat(config)
    different = [
        f"{name} {got.get(name)} ({asked.get(name)})"
        for name in sorted(asked.keys() | got.keys())
        if asked.get(name) != got.get(name) and not name.startswith(NOT_A_PROTOCOL)
    ]
    return "; ".join(different) if different else "as published"


def measured(row: PublishedRow, found: dict, instead: dict[str, str]) -> tuple[str, str]:
    """Return our scores and how far they are from the published ones, or scores `instead` where none is published."""
    ours, off = [], []
    paths = row.paths | instead
    for name, path in paths.items():
        score = found["scores"].get(path)
        if score is None:
            ours.append(f"{name} not measured")
            continue
        spread = spread_of(score, gives_errors(row.text))
        trained = found["scores"].get(path.replace("test.", "train.", 1))
        ours.append(f"{name} {score['mean']:.4f}" + (f" ± {spread:.4f}" if spread is not None else ""))
        if trained is not None and trained is not score:
            ours[-1] += f" ({trained['mean']:.4f} on training images)"
        if name in row.values:
            off.append(f"{score['mean'] - row.values[name][0]:+.4f}")
    return ", ".join(ours) + f" (n = {len(found['seeds'])})", ", ".join(off)


def at_scale(card: dict, path: str) -> float | None:
    """Return what a dotted path leads to; of the trade-off's lists the value at the scale after @."""
    name, _, scale = path.partition("@")
    found = value(card, name)
    return found[card["trade_off"]["scales"].index(float(scale))] if scale and found else found


def cells(item: dict, row: PublishedRow | None, file: Path | None, costs: dict[str, dict]) -> list[list[str]]:
    """Return the rows of an item: one for each setting that was run, or one that says why none was."""
    where, published, thought = item["where"], item["published"], item.get("thought", "")
    if row is not None and file is not None:
        where += f" (`{file.name} {row.name}`)"
    made = []
    if row is not None and file is not None:
        folder = LEDGER / file.parent.name / file.stem
        for kept in sorted(folder.glob("*.json"), key=lambda path: (len(path.stem), path.stem)):
            if kept.stem.split("--")[0] != row.name:
                continue
            found = json.loads(kept.read_text())
            ours, off = measured(row, found, {} if row.values else item.get("scores", {}))
            minutes = f"{sum(found['minutes']) / len(found['minutes']):.0f}, {found['processor']}"
            made.append([where, published, ours, off, departures(row, found["config"]), minutes, thought])
            where, published, thought = "", "", ""
    for folder in item.get("results", []):
        cards = [json.loads(path.read_text()) for path in sorted((DOCS / "results" / folder).glob("score*.json"))]
        scores = {name: [at_scale(card, path) for card in cards] for name, path in item["scores"].items()}
        ours = ", ".join(f"{name} {text(found, 4)}" for name, found in scores.items()) + f" (n = {len(cards)})"
        minutes = f"{sum(card['run']['minutes'] for card in cards) / len(cards):.0f}, with other work beside"
        made.append([where, published, f"[{ours}](results.md)", "", item["protocol"], minutes, thought])
        where, published, thought = "", "", ""
    if not made:
        cost = costs.get(f"papers/{item.get('row')}")
        hours = cost["gflop"] * 1e9 * cost["steps"] / GPU / 3600 if cost else None
        needs = [f"{hours:,.1f} GPU hours a run" if hours and hours > 0.05 else "", item.get("needs", "")]
        needs = "; ".join(part for part in needs if part)
        ours = item.get("ours") or "not measured" + (f": needs {needs}" if needs else "")
        made.append([where, published, ours, "", item.get("how", ""), "", thought])
    return made


def make(ledger: Path = LEDGER) -> str:
    """Return the whole page."""
    costs = {row["config"]: row for row in json.loads((ledger / "run_times.json").read_text())["rows"]}
    parts = [HEAD.strip()]
    for paper in read_yaml(ledger / "claims.yaml").values():
        lines, commands = [COLUMNS, ["---"] * len(COLUMNS)], {}
        for item in paper["items"]:
            row = file = None
            if "row" in item:
                name, _, of_table = item["row"].partition(" ")
                file = PAPERS / name
                row = read_table(file).row(of_table)
                commands[f"python -m tfgmmgan reproduce configs/papers/{name}"] = None
            lines += cells(item, row, file, costs)
        table = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        parts += [f"## {paper['title']}", "\n".join(f"    {one} --rows ROW" for one in commands) or "", table]
    return "\n\n".join(part for part in parts if part) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Keep a row, where one is given, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", nargs=2, type=Path, metavar=("FOLDER", "FILE"), help="a row that reproduce made")
    parser.add_argument("--as", dest="name", metavar="NAME", help="of a setting that departs from the row")
    options = parser.parse_args(arguments)
    if options.keep:
        print(keep(*options.keep, options.name))
    (DOCS / "reproduction.md").write_text(make())


if __name__ == "__main__":
    main()
