"""Makes Python ask the name server of the benchmark, as a system resolver without a cache would."""

import os
import random
import socket
import struct

PORT = int(os.environ.get("WEB_DNS_PORT", "0"))
TIMEOUT_SECONDS = 5
TRIES = 2

system_getaddrinfo = socket.getaddrinfo


def ask(name):
    """Returns the IPv4 address of a name, or raises the error that getaddrinfo would raise."""
    number = random.getrandbits(16)
    labels = b"".join(bytes([len(part)]) + part for part in name.encode("idna").split(b"."))
    query = struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.settimeout(TIMEOUT_SECONDS)
        for _ in range(TRIES):
            server.sendto(query, ("127.0.0.1", PORT))
            try:
                answer = server.recv(512)
            except TimeoutError:
                continue
            _, flags, _, answers = struct.unpack(">4H", answer[:8])
            if flags & 15 == 0 and answers > 0:
                return socket.inet_ntoa(answer[-4:])
            if flags & 15 == 3:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            break
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def getaddrinfo(host, port, *args, **kwargs):
    if isinstance(host, bytes):
        host = host.decode()
    if not isinstance(host, str) or not host.endswith(".test"):
        return system_getaddrinfo(host, port, *args, **kwargs)
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ask(host), int(port or 0)))]


if PORT:
    socket.getaddrinfo = getaddrinfo
