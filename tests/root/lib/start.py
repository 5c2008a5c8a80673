"""What its confinement costs a gateway at its start: start.py GATEWAY HOME ROUNDS, on x86-64, as root.

Starts gateways in turn under a filter that takes nothing away and under one of the same length that hides
seccomp and Landlock, asks each for a plan, and prints the medians of the time from start to answer.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import time

import importlib.util

here = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("old_kernel", os.path.join(here, "old-kernel.py"))
old_kernel = importlib.util.module_from_spec(spec)
spec.loader.exec_module(old_kernel)


def receive(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            sys.exit("the gateway has ended")
        data += piece
    return data


def once(gateway, home, frame):
    """Milliseconds from start to answer, and whether it says to be confined."""
    ours, theirs = socket.socketpair()
    began = time.perf_counter()
    child = subprocess.Popen([gateway], stdin=theirs, stdout=subprocess.DEVNULL, env={"HOME": home})
    theirs.close()
    ours.sendall(frame)
    answer = receive(ours, int.from_bytes(receive(ours, 4), "little"))
    took = (time.perf_counter() - began) * 1000
    ours.close()
    child.wait()
    return took, json.loads(answer)["outcome"]["plan"]["confinement"]


def worker(names, gateway, home, frame):
    """A process of its own under a filter, that starts one whenever it hears a line."""
    to_read, to_write = os.pipe()
    said_read, said_write = os.pipe()
    if os.fork() == 0:
        os.close(to_write)
        old_kernel.forget(names)
        with os.fdopen(to_read) as orders, os.fdopen(said_write, "w", buffering=1) as said:
            for _ in orders:
                print(json.dumps(once(gateway, home, frame)), file=said)
        os._exit(0)
    os.close(to_read)
    os.close(said_write)
    return os.fdopen(to_write, "w", buffering=1), os.fdopen(said_read)


def main():
    gateway, home, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    version = subprocess.run([gateway, "--version"], capture_output=True, text=True, check=True).stdout.split()[1].rstrip(":")
    request = {"v": version, "id": 1, "settings": {}, "op": {"plan": {"client_program": "/stsd"}}}
    body = json.dumps(request).encode()
    frame = len(body).to_bytes(4, "little") + body
    workers = [worker(names, gateway, home, frame) for names in (["nothing"], ["landlock", "seccomp"])]
    times = [[], []]
    for _ in range(rounds):
        for place, (order, said) in enumerate(workers):
            print(file=order)
            took, confinement = json.loads(said.readline())
            times[place].append(took)
            if (confinement["seccomp_filters"] > 1) != (place == 0):
                sys.exit(f"worker {place} says {confinement}")
    confined, free = map(statistics.median, times)
    print(
        f"a gateway's start to its first plan, median of {rounds} in turn: "
        f"{confined:.2f} ms confined, {free:.2f} ms not, ratio {confined / free:.2f}"
    )


main()
