import socket

import pytest

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("address", ["192.0.2.1", "10.0.0.1", "8.8.8.8"])
def test_no_test_connects_to_another_machine(address: str) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock,
        pytest.raises(RuntimeError, match="this machine only"),
    ):
        sock.connect((address, 80))


def test_no_test_sends_to_another_machine() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
        pytest.raises(RuntimeError, match="this machine only"),
    ):
        sock.sendto(b"x", ("192.0.2.1", 80))


def test_no_test_looks_up_a_name() -> None:
    with pytest.raises(RuntimeError, match="this machine only"):
        socket.getaddrinfo("example.com", 80)


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        client.sendall(b"x")
