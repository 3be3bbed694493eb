"""The trade-off between quality and diversity over variance scales (GM-GAN, section 4.3; Fig. 2 and 7)."""

from collections.abc import Sequence

import numpy as np

from tfgmmgan.evaluation.display import COLOURS, Runs, html, image, panels, svg
from tfgmmgan.evaluation.metrics.features import Features
from tfgmmgan.evaluation.metrics.neighbours import precision_recall
from tfgmmgan.evaluation.metrics.quality_diversity import PAIRS, combined, inter_class_diversity, quality_diversity
from tfgmmgan.evaluation.metrics.tfgan import classifier_score, frechet_distance
from tfgmmgan.evaluation.networks.feature_network import FeatureNetwork, collect
from tfgmmgan.evaluation.progress import progress
from tfgmmgan.evaluation.samplers import draw_in_batches
from tfgmmgan.evaluation.sections.section import Section
from tfgmmgan.evaluation.subject import Subject
from tfgmmgan.models import LatentGAN

__all__ = ["SCALES", "TradeOff", "trade_off", "trade_off_chart"]

SCALES = tuple(round(0.1 * step, 1) for step in range(5, 21))
PARTS = 4


class TradeOff(Section):
    """`trade_off`: how images compare with real ones over variance scales, with labels quality and diversity too."""

    name = "trade_off"

    def applies(self, subject: Subject) -> bool:
        """Return whether the data are images, and it was not left out."""
        return subject.data.is_image and subject.options.trade_off_samples > 0 and not subject.is_quick

    def measure(self, subject: Subject) -> dict:
        """Return `trade_off`."""
        num, settings = subject.options.trade_off_samples, subject.quality_settings
        # 32,000 images are too many for an Inception that nobody asked for
        networks = subject.networks_while_training
        real = {network.name: subject.real(network, "train", num) for network in networks}
        quality = {"reference": subject.reference.values, "constant": settings["constant"]} if settings else {}
        curve = trade_off(subject.model, networks, real, **quality, num_generated=num, scales=SCALES, seed=subject.seed)
        return {"trade_off": curve}

    def block(self, runs: Runs) -> str:
        """Show the curves, and what the first run draws under some scales."""
        curves, parts = [card["trade_off"] for card in runs.cards if "trade_off" in card], []
        if len(curves) == len(runs.cards):
            bars = "over runs" if len(curves) > 1 else "over four parts of the sample"
            bars = f"; bars are standard errors {bars}" if len(curves) > 1 or "quality" in curves[0] else ""
            alt = "Quality, diversity, scores, precision and recall over variance scales"
            chart = image(trade_off_chart(curves), alt, "wide")
            parts += [html.note(f"{curves[0]['num_generated']:,} examples for each scale{bars}."), html.scroll(chart)]
        if "scales" in runs.pictures:
            caption = "Under variance scales: below 1 closer to the mode's centre, above 1 more diverse"
            parts.append(html.scroll(image(runs.pictures["scales"], caption)))
        about = (
            "The same noise, with the components' covariances scaled: below 1 closer to the mode's centre, above 1 "
            "more diverse. Samples can be drawn under any scale, also of the served model."
        )
        return html.block("Over variance scales", html.note(about), *parts) if parts else ""


def trade_off(
    model: LatentGAN,
    networks: Sequence[FeatureNetwork],
    real: dict[str, Features],
    reference: np.ndarray | None = None,
    constant: float = 1.0,
    num_generated: int = 2000,
    scales: Sequence[float] = SCALES,
    seed: int = 0,
) -> dict:
    """Return for each variance scale how generated examples compare with real ones; quality and diversity too.

    Args:
        model: A trained model.
        networks: What gives features; those with logits give a score.
        real: By network's name the features of real examples, `num_generated` of them or fewer.
        reference: (n, p) features of the training examples by the network "classifier"; None leaves quality and
            diversity, whose a of eq. 6 is `constant`, out.
        num_generated: Examples for each scale, 8 or more, under the same noise, which `seed` decides.
        scales: Variance scales; 0.5 to 2 in the paper.

    Returns:
        `scales` and `num_generated`; `distances`, by network `num` compared, and lists over scales of
        `frechet_distance`, `precision` and `recall` (ours: the paper has none of them over scales). By name of the
        score a list over scales, and `<name>_error`, its standard error from four parts of the sample (over training
        runs it takes several: `aggregate`): with a reference those of `quality_diversity`; and `<network>_score` of
        networks with logits.
    """
    rows, compared = [], []
    num_generated -= num_generated % PARTS
    for scale in progress(scales, "trade-off over variance scales", unit="scale"):
        batches = draw_in_batches(model, num_generated, seed, variance_scale=scale)
        found, images = collect(networks, batches, keep=num_generated if reference is not None else 0)
        compared.append({name: _compare(real[name], features) for name, features in found.items()})
        parts = []
        for chosen in (slice(part, None, PARTS) for part in range(PARTS)):
            parts.append(_scores(found, chosen))
            if reference is not None:
                judged, pairs = found["classifier"][chosen], max(1, PAIRS // PARTS)
                parts[-1] |= quality_diversity(judged, images[chosen], reference, constant, pairs)
        # what is a mean over examples or pairs is the parts' mean; the others are taken from all examples at once
        mean = {name: float(np.mean([part[name] for part in parts])) for name in parts[0]}
        if reference is not None:
            judged = found["classifier"].logits
            mean["inter"] = inter_class_diversity(judged.argmax(axis=1), judged.shape[1])
            mean["diversity"] = combined(mean["intra"], mean["inter"])
            mean["combined"] = combined(mean["quality"], mean["diversity"])
        mean |= _scores(found, slice(None))
        error = {
            f"{name}_error": float(np.std([part[name] for part in parts], ddof=1) / np.sqrt(PARTS)) for name in mean
        }
        rows.append(mean | error)
    distances = {
        network: {name: [row[network][name] for row in compared] for name in first} | {"num": first["num"]}
        for network, first in compared[0].items()
    }
    return {
        "scales": list(scales),
        "num_generated": num_generated,
        "distances": distances,
        **{name: [row[name] for row in rows] for name in rows[0]},
    }


def _compare(real: Features, generated: Features) -> dict[str, float]:
    n = min(len(real), len(generated))
    real, generated = real.spread(n), generated[slice(n)]
    precision, recall = precision_recall(real.values, generated.values)
    distance = frechet_distance(real.moments, generated.moments)
    return {"num": n, "frechet_distance": distance, "precision": precision, "recall": recall}


def _scores(found: dict[str, Features], rows: slice) -> dict[str, float]:
    return {
        f"{name}_score": classifier_score(features.logits[rows])
        for name, features in found.items()
        if features.logits is not None
    }


def trade_off_chart(curves: Sequence[dict]) -> str:
    """Return what changes with the variance scale: quality and diversity (GM-GAN, Fig. 7), scores (Fig. 2), and by each
    network's features precision and recall.

    Error bars are standard errors: over runs, or for one, where there are any, over four parts of its sample.
    """
    first = curves[0]
    groups = [("Quality and diversity", ("quality", "diversity"), curves)] if "quality" in first else []
    scores = (name for name in ("classifier_score", "inception_score") if name in first)
    groups += [(name.replace("_", " ").capitalize(), (name,), curves) for name in scores]
    for network in first["distances"]:
        title, own = f"Precision and recall ({network} features)", [curve["distances"][network] for curve in curves]
        groups.append((title, ("precision", "recall"), own))
    figure, axes = panels(len(groups), 4.6, 3.4)
    for place, (title, names, found) in zip(axes, groups, strict=True):
        for colour, name in zip(COLOURS if len(names) > 1 else COLOURS[2:], names, strict=False):
            mean, error = _mean_and_error(found, name)
            place.errorbar(first["scales"], mean, error, label=name, color=colour, capsize=2)
        place.set(xlabel="variance scale", title=title)
        if len(names) > 1:
            place.set_ylim(0, 1)
            place.legend(frameon=False)
        place.axvline(1, color="0.8", zorder=0)
    return svg(figure)


def _mean_and_error(curves: Sequence[dict], name: str) -> tuple[np.ndarray, np.ndarray | None]:
    if len(curves) == 1:
        return np.array(curves[0][name]), curves[0].get(f"{name}_error")
    values = np.array([curve[name] for curve in curves])
    return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(curves))
