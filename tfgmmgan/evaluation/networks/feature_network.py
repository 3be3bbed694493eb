"""What turns examples into features: a network, or nothing for points."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from tfgmmgan.data import ImageData, Split
from tfgmmgan.data.scaling import to_float
from tfgmmgan.evaluation.metrics.features import Features
from tfgmmgan.evaluation.networks.fingerprint import fingerprint
from tfgmmgan.evaluation.progress import progress
from tfgmmgan.utils.cache import cached

__all__ = ["FeatureNetwork", "collect", "real_features"]


@dataclass
class FeatureNetwork:
    """What turns examples into features.

    Attributes:
        name: "inception", "classifier", "autoencoder" or "coordinates".
        run: From (n, *shape) float32 examples in [-1, 1] to features (n, p) and logits (n, classes), or None.
        identity: Tells this network's weights from others'; part of the cache's key.
        about: What stands beside every number: where it comes from, its resizing, its accuracy.
        caches: Whether the features of real examples are worth keeping.
    """

    name: str
    run: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None]]
    identity: str
    about: dict = field(default_factory=dict)
    caches: bool = True


def collect(
    networks: Iterable[FeatureNetwork], batches: Iterable[np.ndarray], keep: int = 0
) -> tuple[dict[str, Features], np.ndarray | None]:
    """Return by network's name the features of examples that come in batches, and the first `keep` examples or None.

    Batches are (n, *shape) uint8, or float in [-1, 1]; what is kept is float.
    """
    networks = list(networks)
    found: dict[str, list] = {network.name: [] for network in networks}
    kept: list[np.ndarray] = []
    for batch in batches:
        floats = to_float(batch).numpy()
        missing = keep - sum(map(len, kept))
        if missing > 0:
            kept.append(floats[:missing])
        for network in networks:
            found[network.name].append(network.run(floats))
    features = {}
    for network in networks:  # one after the other lets go of its parts
        values, logits = zip(*found.pop(network.name), strict=True)
        scores = None if logits[0] is None else np.concatenate(logits, dtype=np.float32)
        features[network.name] = Features(np.concatenate(values, dtype=np.float32), scores)
    return features, np.concatenate(kept) if kept else None


def real_features(network: FeatureNetwork, data: ImageData, split_name: str, n: int) -> Features:
    """Return the features of n real examples from all over a split, from the cache where they were computed before."""
    split: Split = getattr(data, split_name)
    n = min(n, len(split))

    def make() -> dict[str, np.ndarray]:
        total = -(-n // 256)
        batches = progress(split.draw_batches(n), f"{network.name} features, {split_name} split", total, "batch")
        found, _ = collect([network], (batch for batch, _ in batches))
        features = found[network.name]
        return {"values": features.values} | ({} if features.logits is None else {"logits": features.logits})

    key = {"network": network.identity, "data": fingerprint(data), "split": split_name, "num": n, "format": 1}
    stem = f"features-{data.name.replace('/', '-')}-{split_name}-{'x'.join(map(str, data.shape))}-{network.name}-{n}"
    arrays = cached(stem, key, make) if network.caches else make()
    return Features(arrays["values"], arrays.get("logits"))
