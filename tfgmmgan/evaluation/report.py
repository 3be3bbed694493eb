"""A scorecard in words and as a table, for the terminal."""

__all__ = ["score_table", "summary"]


def summary(card: dict) -> str:
    """Say in plain words what was found."""
    test = card["test"]
    lines = []
    if "modes" in test:
        modes = test["modes"]
        weights = "  ".join(f"{k}: {share:.1%}" for k, share in enumerate(modes["shares"]))
        lines += [
            f"Modes in use: {modes['num_modes_in_use']} of {len(modes['weights'])} (each with at least 2% of the "
            f"{test['num_examples']} test examples).",
            f"Share of each mode: {weights}",
            f"The classifier is on average {modes['mean_confidence']:.0%} sure of an example's mode.",
        ]
    methods = test.get("clustering", {})
    if "classifier" in methods:
        ours, baseline = methods["classifier"], methods["kmeans"]
        lines.append(
            f"Modes against the true classes, which training never saw: ACC {ours['acc']:.3f}, NMI {ours['nmi']:.3f} "
            f"(k-means on the pixels: ACC {baseline['acc']:.3f}, NMI {baseline['nmi']:.3f})."
        )
    elif "modes" in test:
        lines.append("There are no labels to compare the modes with.")
    if not lines:
        lines.append("A model without a classifier finds no modes; look at its samples.")
    return "\n".join(lines)


def score_table(card: dict) -> str:
    """Return the clustering scores of the test split as a table, or an empty string where there are none."""
    rows = card["test"].get("clustering", {})
    if not rows:
        return ""
    names = ("acc", "purity", "nmi", "ari")
    lines = [f"{'test split':<22}" + "".join(f"{name.upper():>9}" for name in names)]
    for method, scores in rows.items():
        title = {"classifier": "classifier C", "kmeans": "k-means on pixels"}[method]
        lines.append(f"{title:<22}" + "".join(f"{scores[name]:>9.4f}" for name in names))
    return "\n".join(lines)
