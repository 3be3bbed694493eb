"""One plain word on the generated images, before any number: it can be a bad one."""

__all__ = ["verdict"]

GOOD, POOR = 0.85, 0.5  # of what as many real images reach among themselves


def verdict(card: dict) -> list[str]:
    """Return a line on how near generated images are to real ones, and what to do where they are not.

    It goes by what can't be had with noise, whatever its precision: recall and coverage, by features that know no
    label, as a share of what as many other real images reach.

    Args:
        card: A scorecard; of points, or without these scores, nothing is said.
    """
    samplers = card.get("image_quality") or {}
    floor = (card.get("floor") or {}).get("autoencoder")
    own = next(iter(samplers.values()), {}).get("autoencoder")
    if not own or not floor:
        return []
    share = min(own[score] / max(floor[score], 1e-6) for score in ("coverage", "recall"))
    told = f"{own['coverage']:.0%} of the real test images have a generated one near them"
    usual = f"{floor['coverage']:.0%} a real one"
    odd, usually = (1 - scores["precision"] for scores in (own, floor))
    if share >= GOOD and 1 - odd < GOOD * (1 - usually):
        unlike = f"{odd:.0%} of them are unlike any real one, of real ones {usually:.0%}"
        return [f"The generated images are as varied as real ones, but {unlike}."]
    if share >= GOOD:
        return [f"The generated images are nearly as varied as real ones: {told}, {usual}."]
    if share >= POOR:
        return [f"The generated images are of what is there, but not of all of it: {told}, {usual}."]
    epochs = card["run"].get("epochs") if card["run"].get("checkpoint", "last") == "last" else None
    stopped = epochs and card["run"].get("config", {}).get("epochs", 0) > epochs
    more = "--resume" if stopped else f"--resume --epochs {3 * epochs}" if epochs else ""
    longer = f" Train longer: the same command with {more}." if more else ""
    return [f"The generated images are not yet like real ones: {told}, {usual}.{longer}"]
