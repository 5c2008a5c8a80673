"""One process that tries authorization tokens out: guess.py UID HOST:PORT COUNT CGROUP.

Joins the control group, becomes the user, and sends COUNT wrong tokens, 500 at once. Prints "ready" when
the first hundred have come to an end, and at the end a line of JSON: how many were answered, how many were
reset, what came otherwise, and how long all of it took. After two minutes it gives up.
"""

import errno
import json
import os
import select
import socket
import sys
import time

AT_ONCE = 500
PATIENCE = 120


def main():
    uid, (host, port), count, cgroup = int(sys.argv[1]), sys.argv[2].rsplit(":", 1), int(sys.argv[3]), sys.argv[4]
    with open(f"{cgroup}/cgroup.procs", "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    poll, open_ones, begun = select.epoll(), {}, 0
    answered = reset = other = 0
    began, said = time.monotonic(), False
    while answered + reset + other < count:
        if time.monotonic() - began > PATIENCE:
            raise SystemExit(f"{answered + reset + other} of {count} came to an end in {PATIENCE} seconds")
        while begun < count and len(open_ones) < AT_ONCE:
            begun += 1
            token = f"{begun:064x}"
            request = f"GET /creds/prod HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: {token}\r\n\r\n"
            connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            connection.setblocking(False)
            if connection.connect_ex((host, int(port))) not in (0, errno.EINPROGRESS):
                other += 1
                connection.close()
                continue
            open_ones[connection.fileno()] = [connection, request.encode(), b""]
            poll.register(connection, select.EPOLLOUT)
        for descriptor, _ in poll.poll(1, 1024):
            one = open_ones[descriptor]
            try:
                if one[1]:
                    one[0].send(one[1])
                    one[1] = b""
                    poll.modify(descriptor, select.EPOLLIN)
                    continue
                piece = one[0].recv(65536)
                one[2] += piece
                if piece:
                    continue
            except OSError:
                pass
            poll.unregister(descriptor)
            one[0].close()
            del open_ones[descriptor]
            refused = one[2].startswith(b"HTTP/1.1 401")
            answered += refused
            reset += not one[2]
            other += bool(one[2]) and not refused
            if answered + reset >= 100 and not said:
                print("ready", flush=True)
                said = True
    took = round(time.monotonic() - began, 2)
    print(json.dumps({"answered": answered, "reset": reset, "other": other, "seconds": took}), flush=True)


main()
