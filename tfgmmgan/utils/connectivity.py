"""Whether there is a network."""

from collections.abc import Iterable

import requests

__all__ = ["answers"]


def answers(urls: Iterable[str | None]) -> bool:
    """Return whether any of the servers answers within ten seconds.

    Asked before a download, because the libraries that download retry a lost cause for minutes.
    """
    for url in filter(None, urls):
        try:
            requests.head(url, timeout=10)
        except requests.RequestException:
            continue
        return True
    return False
