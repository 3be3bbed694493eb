"""Whether each mode is alive, its own, and like the real examples it stands for. No label is looked at."""

import numpy as np
from markupsafe import Markup
from scipy.stats import entropy

from tfgmmgan.evaluation.display import Runs, html
from tfgmmgan.evaluation.metrics.features import Features
from tfgmmgan.evaluation.metrics.modes import duplicate_pairs, in_use
from tfgmmgan.evaluation.metrics.neighbours import coverage, kth_distances, share_covered
from tfgmmgan.evaluation.metrics.tfgan import frechet_distance
from tfgmmgan.evaluation.networks.feature_network import collect
from tfgmmgan.evaluation.progress import progress
from tfgmmgan.evaluation.samplers import draw_in_batches
from tfgmmgan.evaluation.sections.section import Section
from tfgmmgan.evaluation.subject import Subject

__all__ = ["ModeHealth"]

NUM_PER_MODE = 500
MIN_REAL = 20


class ModeHealth(Section):
    """`mode_health` of the test split.

    `modes`, a list of K with `weight` (of the prior), `share` (of the real examples, by their most probable mode),
    `entropy` (mean of that of p(k | x) over those, in nats; None without any), `recovered` (share of generated examples
    that the model's own p(k | x) gives back to the component; None without one), `recovered_by_algorithm_2` (None where
    that is left out), and by network `frechet_distance`, `recall` and `coverage` between the mode's real and as many
    generated examples, None below 20. `dead`, modes with less than a fifth of 1 / K of the examples of both splits, of
    which a small test split says too little; `duplicates` (`duplicate_pairs`); `num_per_mode`, how many are drawn of
    each, 500.
    """

    name = "mode_health"

    def applies(self, subject: Subject) -> bool:
        """Return whether there are modes."""
        return subject.has_modes

    def measure(self, subject: Subject) -> dict:
        """Return `mode_health`."""
        model, networks, seed = subject.model, subject.networks, subject.seed + 1  # Algorithm 2 has not seen these
        responsibilities = subject.responsibilities(subject.modes_by, "test")
        nearest = responsibilities.argmax(axis=1)
        entropies = entropy(np.maximum(responsibilities.astype(np.float64), 1e-30), axis=1)
        of_train = subject.responsibilities(subject.modes_by, "train").argmax(axis=1)
        weights = model.prior.mixture_probs().numpy()
        real = {network.name: subject.real(network, "test") for network in networks}
        k, assigners = len(weights), subject.assigners()
        assign = list(assigners.values())[-1]
        modes, confusion = [], np.zeros((k, k))
        for mode in progress(range(k), "modes", unit="mode"):
            component = np.full(NUM_PER_MODE, mode)
            drawn = draw_in_batches(model, NUM_PER_MODE, seed, component=component)
            found, images = collect(networks, drawn, keep=NUM_PER_MODE)
            confusion[mode] = np.bincount(assign(images).argmax(axis=1), minlength=k)
            own = model.responsibilities(images).argmax(axis=1) if "responsibilities" in model.capabilities else None
            members = np.flatnonzero(nearest == mode)
            modes.append(
                {
                    "weight": float(weights[mode]),
                    "share": len(members) / len(nearest),
                    "entropy": float(entropies[members].mean()) if len(members) else None,
                    "recovered": None if own is None else float((own == mode).mean()),
                    "recovered_by_algorithm_2": float(confusion[mode, mode] / NUM_PER_MODE)
                    if "algorithm_2" in assigners
                    else None,
                    **{name: _compare(real[name][members].spread(NUM_PER_MODE), found[name]) for name in found},
                }
            )
        shares = np.bincount(np.concatenate([of_train, nearest]), minlength=k) / (len(of_train) + len(nearest))
        health = {
            "modes": modes,
            "dead": np.flatnonzero(~in_use(shares)).tolist(),
            "duplicates": [list(pair) for pair in duplicate_pairs(confusion)],
            "num_per_mode": NUM_PER_MODE,
        }
        return {"mode_health": health}

    def summary(self, card: dict) -> list[str]:
        """Name the dead and the duplicate modes, if there are any."""
        health = card.get("mode_health", {})
        return [
            words + ", ".join(str(mode) for mode in health[name]) + "."
            for name, words in (("dead", "Dead modes: "), ("duplicates", "Modes that draw the same: "))
            if health.get(name)
        ]

    def block(self, runs: Runs) -> str:
        """Show the modes of the first run in rows."""
        health = runs.card.get("mode_health")
        if health is None:
            return ""
        networks = list(runs.card["networks"])
        by_algorithm_2 = health["modes"][0]["recovered_by_algorithm_2"] is not None
        columns = ["mode", "weight", "share", "entropy", "recovered by the model"]
        columns += ["by Algorithm 2"] * by_algorithm_2
        columns += [title for network in networks for title in (f"Fréchet, {network}", f"recall, {network}")]
        rows, names = {}, runs.card["run"].get("names", {})
        for number, mode in enumerate(health["modes"]):
            dead = Markup(' <span class="bad">dead</span>') if number in health["dead"] else ""
            called = Markup(" {}").format(names[str(number)]) if str(number) in names else ""
            rows[Markup("{}{}{}").format(number, called, dead)] = [
                f"{mode['weight']:.1%}",
                f"{mode['share']:.1%}",
                _shown(mode["entropy"], ".2f"),
                _shown(mode["recovered"], ".0%"),
                *([_shown(mode["recovered_by_algorithm_2"], ".0%")] * by_algorithm_2),
                *(_shown(mode[name][score], ".2f") for name in networks for score in ("frechet_distance", "recall")),
            ]
        about = (
            "No label is looked at. Entropy is that of p(k | x) over the mode's test examples, in nats. Recovered is "
            f"the share of {health['num_per_mode']} generated examples that are given back to their mode. Distance and "
            "recall compare the mode's test examples with as many generated ones."
        )
        same = ", ".join(" and ".join(map(str, pair)) for pair in health["duplicates"])
        warning = html.note(f"Modes that draw the same: {same}", "bad") if same else ""
        return html.block(
            f"Health of the modes{runs.first}", html.note(about), html.table(columns, rows, css="health"), warning
        )


def _shown(value: float | None, form: str) -> str:
    return "–" if value is None else f"{value:{form}}"  # noqa: RUF001


def _compare(real: Features, generated: Features) -> dict:
    n = len(real)
    if n < MIN_REAL:
        return {"num": n, "frechet_distance": None, "recall": None, "coverage": None}
    same = generated[slice(n)]
    return {
        "num": n,
        "frechet_distance": frechet_distance(real.moments, same.moments),
        "recall": share_covered(real.values, same.values, kth_distances(same.values)),
        "coverage": coverage(real.values, same.values),
    }
