"""How long the owner waits for credentials: latency.py UID HOST:PORT TOKEN-FILE COUNT [CGROUP].

Joins the control group, if one is named. Prints a line of JSON: milliseconds at the median, at the 99th percentile and at worst, and how many failed.
"""

import json
import os
import socket
import sys
import time


def main():
    uid, (host, port), token_file, count = int(sys.argv[1]), sys.argv[2].rsplit(":", 1), sys.argv[3], int(sys.argv[4])
    with open(token_file, encoding="ascii") as file:
        token = file.read()
    if len(sys.argv) > 5:
        with open(f"{sys.argv[5]}/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(os.getpid()))
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    request = f"GET /creds/prod HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: {token}\r\n\r\n".encode()
    address, took, failed = (host, int(port)), [], 0
    for _ in range(count):
        began = time.monotonic()
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
                connection.settimeout(10)
                connection.connect(address)
                connection.sendall(request)
                answer = b""
                while piece := connection.recv(65536):
                    answer += piece
                failed += not answer.startswith(b"HTTP/1.1 200")
        except OSError:
            failed += 1
        took.append((time.monotonic() - began) * 1000)
    took.sort()
    at = lambda share: round(took[min(int(count * share), count - 1)], 2)
    print(json.dumps({"median_ms": at(0.5), "p99_ms": at(0.99), "worst_ms": at(1), "failed": failed}))


main()
