"""Who asks a server on this machine, by the name that a browser used: a foreign one may be a page that leads here."""

from urllib.parse import urlsplit

__all__ = ["is_local"]

LOCAL = ("localhost", "127.0.0.1", "::1")


def is_local(host: str) -> bool:
    """Return whether `host`, or the value of a `Host` header, with or without a port, is a name of this machine.

    Without this check a web page whose name leads to 127.0.0.1 (DNS rebinding) could read what only this machine may.
    """
    try:
        return urlsplit(f"//{host}").hostname in LOCAL
    except ValueError:
        return False
