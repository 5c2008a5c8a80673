"""Asks a door for credentials as another user, with the right authorization token.

stranger.py UID DOOR TOKEN-FILE COUNT VERSION, where DOOR is a path or HOST:PORT. The token is read before the
user changes, as if it had been stolen. Prints how many attempts got a byte in answer; each attempt that
cannot even connect counts as unanswered, so the caller holds a positive control against this.
"""

import os
import socket
import sys


def connect(door):
    if door.startswith("/"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        address = door
    else:
        host, port = door.rsplit(":", 1)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        connection = socket.socket(family, socket.SOCK_STREAM)
        address = (host, int(port))
    connection.settimeout(10)
    connection.connect(address)
    return connection


def ask(door, request, in_a_hurry):
    """What came back; in a hurry, the caller has closed before the daemon looks."""
    try:
        connection = connect(door)
        connection.sendall(request)
        if in_a_hurry:
            connection.close()
            return b""
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer
    except OSError:
        return b""


def main():
    uid, door, token_file, count = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    with open(token_file, encoding="ascii") as file:
        token = file.read()
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if door.endswith("/stsd.sock"):
        path, host, header = "/v1/status", "stsd", f"stsd-version: {sys.argv[5]}"
    else:
        path, host, header = "/creds/prod", "localhost", f"Authorization: {token}"
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{header}\r\nConnection: close\r\n\r\n".encode()
    answers = [ask(door, request, attempt % 4 == 3) for attempt in range(count)]
    good = sum(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    print(f"answered {sum(map(bool, answers))} good {good}")


main()
