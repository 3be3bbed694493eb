import socket
import threading
import time

import pytest

from tfgmmgan.training.rendezvous import meet
from tfgmmgan.utils.errors import UserError


def addresses_of(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return found


def test_all_meet_however_late_they_come():
    addresses, missing = addresses_of(3), {}

    def worker(index):
        time.sleep(0.3 * index)
        missing[index] = meet(addresses, index, 10.0)

    threads = [threading.Thread(target=worker, args=(index,)) for index in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert missing == {0: [], 1: [], 2: []}
    socket.create_server(("127.0.0.1", int(addresses[0].split(":")[1]))).close()  # the port is free again


def test_who_does_not_come_is_named():
    addresses = addresses_of(2)
    started = time.monotonic()
    assert meet(addresses, 1, 0.5) == [addresses[0]]
    assert 0.5 <= time.monotonic() - started < 5


def test_strangers_do_not_count():
    addresses = addresses_of(2)
    with socket.create_server(("127.0.0.1", int(addresses[1].split(":")[1]))):  # answers, but never greets

        def stranger():
            for words in (b"GET / HTTP/1.1\r\n", b"", b"\xff\n", b"tfgmmgan x\n", b"tfgmmgan 7\n"):
                try:
                    with socket.create_connection(addresses[0].split(":"), timeout=1) as connection:
                        connection.sendall(words)
                except OSError:
                    return

        timer = threading.Timer(0.2, stranger)
        timer.start()
        assert meet(addresses, 0, 1.5) == [addresses[1]]
        timer.join()


def test_a_taken_port():
    with socket.create_server(("", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UserError, match=r"can't listen on port \d+ .*in TF_CONFIG: Address already in use"):
            meet([address], 0, 1.0)


def test_one_worker_waits_for_nobody():
    assert meet(addresses_of(1), 0, 1.0) == []
