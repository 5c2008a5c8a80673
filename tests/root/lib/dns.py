"""A DNS server that says 127.0.0.1 to every question, and a server on port 443 there: dns.py FILE

Writes into FILE a line for each thing that it hears: the name that was asked for by DNS, and "TLS" when a
client began a handshake. Both ports must be free, as in a network namespace.
"""

import selectors
import socket
import sys


def name(question):
    """The name in the first question of a message."""
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += question[at] + 1
    return ".".join(labels), question[12 : at + 5]


def answer(message):
    """One A record; nothing for another kind."""
    _, question = name(message)
    is_a = question[-4:] == b"\0\1\0\1"
    header = message[:2] + b"\x81\x80" + b"\0\1" + (b"\0\1" if is_a else b"\0\0") + bytes(4)
    record = b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x7f\0\0\1" if is_a else b""
    return header + question + record


def main():
    said = open(sys.argv[1], "w", encoding="utf-8", buffering=1)
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", 53))
    server = socket.create_server(("127.0.0.1", 443))
    waiting = selectors.DefaultSelector()
    for each in (names, server):
        waiting.register(each, selectors.EVENT_READ)
    said.write("ready\n")
    while True:
        for key, _ in waiting.select():
            if key.fileobj is names:
                message, peer = names.recvfrom(512)
                said.write(name(message)[0] + "\n")
                names.sendto(answer(message), peer)
            else:
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(5)
                    if connection.recv(1) == b"\x16":
                        said.write("TLS\n")


main()
