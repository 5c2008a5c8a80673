"""Asks all doors for credentials as other users, with the right authorization token, many times.

crowd.py TOTAL TOKEN-FILE VERSION DOOR...

The users: uid 1002, nobody, root, and uid 1002 as root of a user namespace of its own. Each sends a whole request,
and a quarter of them closes at once, so that the daemon finds a socket without an owner. Prints a line of JSON for
each user and door: how many connected, how many got a byte in answer, and the seconds it took. An attempt that could
not connect is made again, so that as many reach the daemon as are counted.
"""

import ctypes
import errno
import json
import os
import socket
import struct
import sys
import time

USERS = [
    ("uid 1002", 1002, False),
    ("nobody", 65534, False),
    ("root", 0, False),
    ("uid 1002 as root of a namespace", 1002, True),
]


def target(door):
    if door.startswith("/"):
        return socket.AF_UNIX, door
    host, port = door.rsplit(":", 1)
    return (socket.AF_INET6 if ":" in host else socket.AF_INET), (host, int(port))


def attempt(door, request, in_a_hurry):
    """Whether a byte came back; None where nobody was reached."""
    family, address = target(door)
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(10)
        connection.connect(address)
    except OSError as error:
        connection.close()
        # It was there, and was ended before it could say a word.
        return False if error.errno == errno.ECONNRESET else None
    try:
        connection.sendall(request)
        return False if in_a_hurry else bool(connection.recv(65536))
    except OSError:
        return False
    finally:
        if family != socket.AF_UNIX and not in_a_hurry:
            # No port stays behind for a minute: a million attempts need them again.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


def crowd(door, count, request):
    connected = answered = 0
    began = time.monotonic()
    while connected < count:
        outcome = attempt(door, request, connected % 4 == 3)
        if outcome is None:
            if time.monotonic() - began > 600:
                raise SystemExit(f"{door} was reached {connected} times in ten minutes")
            continue
        connected += 1
        answered += outcome
    return {"connected": connected, "answered": answered, "seconds": round(time.monotonic() - began, 1)}


def request_for(door, token, version):
    if door.endswith("/stsd.sock"):
        body = '{"profile":"prod"}'
        head = f"POST /v1/credentials HTTP/1.1\r\nHost: stsd\r\nstsd-version: {version}\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
    head = f"GET /creds/prod HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode()


def become(uid, in_a_namespace):
    """Another user for good: without a new program, which that user might not be able to read."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if in_a_namespace:
        libc = ctypes.CDLL(None, use_errno=True)
        # Who changes its user is not dumpable, and then may not write its own map.
        if libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) or libc.unshare(CLONE_NEWUSER):
            raise OSError(ctypes.get_errno(), "no user namespace")
        for file, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {uid} 1")):
            with open(f"/proc/self/{file}", "w", encoding="ascii") as out:
                out.write(text)
        if os.getuid() != 0:
            raise OSError("not root of the namespace")


def child(uid, in_a_namespace, door, count, request):
    """The crowd, in a process of that user."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            become(uid, in_a_namespace)
            os.write(writing, json.dumps(crowd(door, count, request)).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    if os.waitpid(pid, 0)[1] != 0:
        raise SystemExit(f"the crowd of uid {uid} at {door} came to nothing")
    return json.loads(said)


def main():
    total, token_file, version, doors = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]
    with open(token_file, encoding="ascii") as file:
        token = file.read()
    each, more = divmod(total, len(USERS) * len(doors))
    for name, uid, in_a_namespace in USERS:
        for door in doors:
            count, more = each + (more > 0), max(more - 1, 0)
            row = child(uid, in_a_namespace, door, count, request_for(door, token, version))
            print(json.dumps({"user": name, "uid": uid, "door": door, **row}), flush=True)


CLONE_NEWUSER = 0x10000000
PR_SET_DUMPABLE = 4

main()
