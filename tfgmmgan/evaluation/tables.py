"""A scorecard in words and as a table, for the terminal."""

from collections.abc import Iterable

__all__ = ["METHODS", "SAMPLERS", "aggregate_table", "comparison_table", "quality_table", "score_table", "summary"]

METHODS = {
    "classifier": "The classifier C",
    "algorithm_2": "Algorithm 2, on G's samples",
    "mixture": "The mixture of encodings",
    "label_mixture": "The same, K = classes",
    "kmeans": "k-means on pixels",
    "autoencoder_kmeans": "Autoencoder + k-means",
}
SAMPLERS = {
    "prior": "the prior",
    "fitted_mixture": "the fitted mixture",
    "normal": "the normal prior",
    "normal_truncated": "the same, truncated",
    "encodings": "encodings of real ones",
    "floor": "real test examples",
}


def summary(card: dict) -> str:
    """Say in plain words what was found."""
    test = card["test"]
    lines = []
    methods = test.get("clustering", {})
    told = card["labels_in_training"]
    if "modes" in test:
        modes, by = test["modes"], test["modes_by"]
        shares = "  ".join(f"{k}: {share:.1%}" for k, share in enumerate(modes["shares"]))
        lines += [
            f"Modes in use: {modes['num_modes_in_use']} of {len(modes['weights'])} (each with at least "
            f"{modes['min_share']:.1%} of the {test['num_examples']} test examples).",
            f"Share of the test examples in each mode: {shares}",
            f"{METHODS[by]} is on average {modes['mean_confidence']:.0%} sure of an example's mode.",
        ]
        if methods:
            ours, baseline = methods[by], methods["kmeans"]
            lines.append(
                f"Modes against the true classes, which training {'was told' if told else 'never saw'}: "
                f"ACC {ours['acc']:.3f}, NMI {ours['nmi']:.3f} "
                f"(k-means on the pixels: ACC {baseline['acc']:.3f}, NMI {baseline['nmi']:.3f})."
            )
        else:
            lines.append("There are no labels to compare the modes with.")
    elif len(card["mixture_weights"]) > 1:
        lines.append("The mixture is fitted when training has ended; there are no modes yet.")
    else:
        lines.append("A prior of one component has no modes to find; look at the samples.")
    if "conditional" in card:
        asked = card["conditional"]
        lines.append(
            f"Of {asked['num_generated']} generated examples {asked['agreement']:.1%} are of their component's class, "
            f"says a classifier of real examples that is right in {asked['judge_accuracy']:.1%} of the test split."
        )
    if "points" in card:
        points = card["points"]
        lines.append(
            f"Of the toy's {len(points['shares'])} modes {points['num_modes_covered']} are covered; "
            f"{points['share_far']:.2%} of the generated points are far from all (4 standard deviations). NLL "
            f"{points['nll_gap']:+.3f} against real points, MMD {points['mmd']:.5f} (real against real "
            f"{points['mmd_floor']:.5f})."
        )
    if "mode_health" in card:
        health = card["mode_health"]
        for name, words in (("dead", "Dead modes: "), ("duplicates", "Modes that draw the same: ")):
            if health[name]:
                lines.append(words + ", ".join(str(mode) for mode in health[name]) + ".")
    return "\n".join([*lines, *card["notes"]])


def score_table(card: dict) -> str:
    """Return the clustering scores of the test split as a table, or an empty string where there are none."""
    rows = card["test"].get("clustering", {})
    if not rows:
        return ""
    names = ("acc", "purity", "nmi", "ari")
    lines = [f"{'test split':<28}" + "".join(f"{name.upper():>9}" for name in (*names, "ece"))]
    for method, scores in rows.items():
        found = [scores[name] for name in names]
        found += [scores["calibration"]["expected_calibration_error"]] if "calibration" in scores else []
        lines.append(f"{METHODS[method]:<28}" + "".join(f"{score:>9.4f}" for score in found))
    return "\n".join(lines)


def quality_table(card: dict) -> str:
    """Return how generated examples compare with real training examples, by network and sampler, as a table."""
    columns = (
        ("FRECHET", "frechet_distance", ".3f"),
        ("KERNEL", "kernel_distance", ".4f"),
        ("PRECISION", "precision", ".3f"),
        ("RECALL", "recall", ".3f"),
        ("DENSITY", "density", ".3f"),
        ("COVERAGE", "coverage", ".3f"),
        ("SCORE", "score", ".2f"),
    )
    lines = []
    for network, about in card["networks"].items():
        rows = [*card["image_quality"].items(), ("floor", card["floor"])]
        nums = list(dict.fromkeys(found[network]["num"] for _, found in rows))
        title = f"{network}, N = {nums[0]}" + (f", of real ones {nums[-1]}" if len(nums) > 1 else "")
        facts = "; ".join(f"{key.replace('_', ' ')} {value}" for key, value in about.items())
        lines += ["", *([facts] if facts else []), f"{title:<48}" + "".join(f"{title:>11}" for title, _, _ in columns)]
        for sampler, found in rows:
            cells = [f"{found[network][key]:{form}}" if key in found[network] else "" for _, key, form in columns]
            lines.append(f"{SAMPLERS[sampler]:<48}" + "".join(f"{cell:>11}" for cell in cells))
    if "quality_diversity" in card:
        settings = card["quality_diversity"]
        names = ("quality", "intra", "inter", "diversity", "combined")
        title = f"GM-GAN, section 3.2, a = {settings['constant']:.4g}, N = {settings['num']}"
        lines += ["", f"{title:<48}" + "".join(f"{name.upper():>11}" for name in names)]
        for sampler, found in settings["samplers"].items():
            name = SAMPLERS["floor" if sampler == "real" else sampler]
            lines.append(f"{name:<48}" + "".join(f"{found[score]:>11.3f}" for score in names))
    return "\n".join(lines[1:])


def aggregate_table(together: dict) -> str:
    """Return mean and standard deviation over runs of the scores that people compare, as a table.

    Args:
        together: Of `aggregate`.
    """
    scores = together["scores"]
    config = together["config"]
    seeds = ", ".join(map(str, together["seeds"]))
    what = f"{config.get('model')} on {config.get('dataset')}, {len(together['runs'])} runs, seeds {seeds}"
    lines = [f"{what:<62}{'MEAN':>10}{'STD':>10}"]
    for path, score in scores.items():
        if isinstance(score["mean"], list) or not _is_compared(path):
            continue
        spread = "" if score["std"] is None else f"{score['std']:.4f}"
        lines.append(f"{path:<62}{score['mean']:>10.4f}{spread:>10}")
    return "\n".join(lines)


def _is_compared(path: str) -> bool:
    """Return whether a score is among the few that are printed; aggregate.json has all."""
    last = path.rpartition(".")[2]
    if path.startswith("test.clustering."):
        return last in ("acc", "nmi")
    if path.startswith(("image_quality.", "floor.")):
        return last in ("frechet_distance", "kernel_distance", "precision", "recall", "density", "coverage", "score")
    return path.startswith("points.") or (path.startswith("quality_diversity.samplers.") and last == "combined")


def comparison_table(
    text: str,
    published: dict[str, tuple[float, float | None]],
    paths: dict[str, str],
    cards: list[dict],
    together: dict,
) -> str:
    """Return our scores beside published ones, with the protocol of both.

    Args:
        text: What is published, with its source and protocol.
        published: By name of the score the number and its error, or None.
        paths: By name of the score its dotted path in a scorecard.
        cards: Our scorecards.
        together: Their `aggregate`.
    """
    seeds = ", ".join(map(str, together["seeds"]))
    lines = [f"{'':<20}{'PUBLISHED':>22}{'OURS, MEAN':>14}{'STD':>10}   each seed ({seeds})"]
    for name, (value, error) in published.items():
        score = together["scores"].get(paths.get(name, ""))
        stated = f"{value:g}" + (f" +- {error:g}" if error is not None else "")
        if score is None:
            lines.append(f"{name:<20}{stated:>22}{'not measured':>14}")
            continue
        spread = "" if score["std"] is None else f"{score['std']:.4f}"
        values = ", ".join(f"{one:.4f}" for one in score["values"])
        lines.append(f"{name:<20}{stated:>22}{score['mean']:>14.4f}{spread:>10}   {values}")
    first = cards[0]
    lines += ["", f"Published: {text}", "Ours: " + "; ".join(_protocol(first, paths.values())) + "."]
    return "\n".join([*lines, *first["notes"]])


def _protocol(card: dict, paths: Iterable[str]) -> list[str]:
    """Return how the scores at these paths of a scorecard came about."""
    parts = [f"{card['run']['epochs']} epochs, {card['run']['minutes']} minutes a run"]
    for path in paths:
        section, _, rest = path.partition(".")
        if section == "image_quality":
            sampler, network, _ = rest.split(".")
            found = card.get("image_quality", {}).get(sampler, {}).get(network)
            if found:
                about = ", ".join(f"{key} {value}" for key, value in card["networks"][network].items())
                parts.append(
                    f"{network} ({about}), samples from {SAMPLERS[sampler]}, distances from {found['num']} generated "
                    f"and as many training examples, score over {found.get('num_scored', found['num'])} at once"
                )
        else:
            method = rest.split(".")[1]
            parts.append(f"{METHODS[method]}, on {card['test']['num_examples']} test examples of the last epoch")
    return list(dict.fromkeys(parts))
