"""What a server takes, and what it says to what it does not take."""

from typing import NamedTuple

__all__ = ["Limits", "Refusal"]


class Limits(NamedTuple):
    """How much a server takes.

    Attributes:
        max_batch_size: Rows of different requests that are computed together. Default 64.
        max_rows: Rows of one request. Default 1024.
        max_body_mb: MiB of a request. Default 64.
        max_megapixels: Millions of pixels that the pictures of one request have, by their headers. Default 100.
        max_requests: Requests that are being read, waiting or computed at once; one more is answered 503. Default 256.
        timeout_s: Seconds that a request's body may take to arrive, and then its answer to be computed. Default 30.
        grace_s: Seconds after SIGTERM in which what was accepted is answered. Default 30.
    """

    max_batch_size: int = 64
    max_rows: int = 1024
    max_body_mb: float = 64
    max_megapixels: float = 100
    max_requests: int = 256
    timeout_s: float = 30
    grace_s: float = 30

    @property
    def max_bytes(self) -> int:
        """Bytes of a request."""
        return int(self.max_body_mb * 2**20)


class Refusal(Exception):
    """A request that gets no answer.

    Args:
        code: Why, as gRPC calls it: "INVALID_ARGUMENT", "NOT_FOUND", ...
        message: One sentence for the client.
    """

    signature = ""  # of the request, where it is known

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
