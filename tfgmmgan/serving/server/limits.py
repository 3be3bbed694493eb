"""What a server takes, and what it says to what it does not take."""

from dataclasses import dataclass

from tfgmmgan.utils.arguments import Count, Positive, check_arguments

__all__ = ["Limits", "Refusal"]


@dataclass(frozen=True)
class Limits:
    """How much a server takes.

    Args:
        max_batch_size: Rows of different requests that are computed together. Default 64.
        max_rows: Rows of one request. Default 1024.
        max_body_mb: MiB of a request. Default 64.
        max_megapixels: Millions of pixels that the pictures of one request have, by their headers. Default 100.
        max_requests: Requests that are being read, waiting or computed at once; one more is answered 503. Default 256.
        timeout_s: Seconds that a request's body may take to arrive, and then its answer to be computed. Default 30.
        grace_s: Seconds after SIGTERM in which what was accepted is answered. Default 30.
    """

    max_batch_size: Count = 64
    max_rows: Count = 1024
    max_body_mb: Positive = 64
    max_megapixels: Positive = 100
    max_requests: Count = 256
    timeout_s: Positive = 30
    grace_s: Positive = 30

    def __post_init__(self) -> None:
        check_arguments(self)

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
