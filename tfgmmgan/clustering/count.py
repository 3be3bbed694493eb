"""Choosing how many kinds there are, without a label (ours)."""

import numpy as np

from tfgmmgan.clustering.link_clustering import LinkClustering

__all__ = ["GUESS", "as_good", "choose_count", "falls"]

LOOKED_AT = 2000  # rows that the choice is made by
LEAST_OF_A_KIND = 10  # rows for a kind, on average
GUESS = 10  # kinds, by which a descriptor is chosen before their number is
CLEAR, CLOSE = 0.2, 0.05  # fall from which on a number stands out, and less than which two falls differ by nothing
AT_THE_END = 2  # below the most kinds that were tried, where no number stands out
AFTER = 2  # further kinds that the last true one is compared with


def choose_count(rows: np.ndarray, most: int = 30, random_state: int = 0) -> tuple[int, dict[int, float]]:
    """Return how many kinds there are, and the information of links for each number tried.

    One kind more tells more about neighbours: log K - log(K - 1) where kinds are equally large and no link leaves one.
    While true kinds are told apart the gain is most of that; halving a true kind, through whose middle links run, gains
    less. The number is taken after which the share of the possible gain falls most.

    Args:
        rows: (n, D), n >= 2; 2,000 of a fixed choice are looked at.
        most: K at most, 2 or more; fewer where there would be less than ten rows for a kind.
        random_state: Decides clusters.

    Returns:
        K, and by K from 2 the information I(K) in nats; two numbers more than `most` are tried.
    """
    chosen = rows[np.sort(np.random.default_rng(0).permutation(len(rows))[:LOOKED_AT])]
    most = max(2, min(most, len(chosen) // LEAST_OF_A_KIND))
    tried = range(2, min(most + AFTER, len(chosen)) + 1)
    information = {count: LinkClustering(count, random_state=random_state).fit(chosen).information_ for count in tried}
    fall = {count: one for count, one in falls(information).items() if count <= most}
    return max(fall, key=fall.get, default=2), information


def falls(information: dict[int, float]) -> dict[int, float]:
    """Return by how much the share of the possible gain is lower after K than up to it, by K.

    Args:
        information: I(K) in nats by K, from 2 without a gap.
    """
    before = {1: 0.0, **information}
    gains = {count: (before[count] - before[count - 1]) / np.log(count / (count - 1)) for count in information}
    found = {}
    for count, gain in gains.items():
        after = [gains[later] for later in range(count + 1, count + 1 + AFTER) if later in gains]
        if after:
            found[count] = float(gain - np.mean(after))
    return found


def as_good(information: dict[int, float], chosen: int) -> tuple[bool, list[int]]:
    """Return whether a number of kinds stands out, and which others are nearly as good, the best first.

    One that is within two of the most that were tried does not: more might have been found.

    Args:
        information: I(K) in nats by K, as of `choose_count`.
        chosen: K.
    """
    fall = falls(information)
    others = sorted((count for count in fall if count != chosen), key=lambda count: -fall[count])
    best = fall.get(chosen, 0.0)
    most = max(information, default=0) - AFTER
    return best >= CLEAR and chosen < most - AT_THE_END, [count for count in others if fall[count] > best - CLOSE]
