"""Waiting until all workers are there, with an end to it.

TensorFlow waits for the others in native code that nothing in Python interrupts. So the workers first meet here, over
the very addresses that TensorFlow then uses.
"""

import socket
import time

from tfgmmgan.utils.errors import UserError

__all__ = ["meet"]

PAUSE = 0.2  # seconds between two rounds


def meet(addresses: list[str], own: int, seconds: float) -> list[str]:
    """Wait until each worker has reached, and was reached by, every other.

    Args:
        addresses: "host:port" of every worker, in the same order everywhere.
        own: The index of this one.
        seconds: How long to wait.

    Returns:
        The addresses of the workers that were not met in time; none if all were.

    Raises:
        UserError: If this worker's port is taken.
    """
    others = set(range(len(addresses))) - {own}
    reached: set[int] = set()
    seen: set[int] = set()
    deadline = time.monotonic() + seconds
    with _listen(addresses[own]) as server:
        while (reached & seen) != others and time.monotonic() < deadline:
            for index in others - reached:
                if _greet(addresses[index], own):
                    reached.add(index)
            seen |= _greetings(server) & others
    return [addresses[index] for index in sorted(others - (reached & seen))]


def _listen(address: str) -> socket.socket:
    port = int(address.rpartition(":")[2])
    dual = socket.has_dualstack_ipv6()
    try:
        server = socket.create_server(
            ("", port), family=socket.AF_INET6 if dual else socket.AF_INET, dualstack_ipv6=dual, backlog=128
        )
    except OSError as error:
        raise UserError(
            f"This worker can't listen on port {port} of {address} in TF_CONFIG: {error.strerror}. Is another one "
            "still running?"
        ) from error
    server.settimeout(PAUSE)
    return server


def _greet(address: str, own: int) -> bool:
    """Tell another worker this one's index; return whether it was there."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=1.0) as connection:
            connection.sendall(f"tfgmmgan {own}\n".encode())
    except OSError:
        return False
    return True


def _greetings(server: socket.socket) -> set[int]:
    """Return the indices of the workers that call within a moment."""
    found = set()
    while True:
        try:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as line:
                connection.settimeout(1.0)
                name, index = line.readline(64).split()
        except TimeoutError:
            return found
        except (OSError, ValueError):  # someone else
            continue
        if name == b"tfgmmgan" and index.isdigit():
            found.add(int(index))
