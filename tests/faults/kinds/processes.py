"""Limits, signals, a gateway that is not as it should be, callers that misbehave, a log that nobody takes."""

import os
import re
import signal
import socket
import subprocess
import threading

from harness.stand import PORT
from harness.world import PYTHON, disk, empty, fill, unmount

from .kind import Kind

LINES = {"nofile": "Max open files", "as": "Max address space", "nproc": "Max processes"}
CROWD = """
import socket, sys, time
crowd = []
for _ in range(int(sys.argv[2])):
    stream = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    stream.sendall(b"GET /creds/prod HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n" + sys.argv[3].encode())
    crowd.append(stream)
    if sys.argv[3]:
        stream.close()
print("there", flush=True)
sys.stdin.read()
"""


def crowd(cell, number, rest=""):
    """So many connections of the user's own; with the rest of a request they hang up at once."""
    words = [PYTHON, "-c", CROWD, str(PORT), str(number), rest]
    uid = cell.world.uid
    cell.crowd = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, user=uid, group=uid, extra_groups=[], cwd="/")
    cell.crowd.stdout.readline()


def disperse(cell):
    if getattr(cell, "crowd", None):
        cell.crowd.stdin.close()
        cell.crowd.wait(30)
        cell.crowd.stdout.close()
        cell.crowd = None


def limit(cell, which, number):
    """The soft limit; set as the user, who may do so without root's capabilities."""
    file = open(f"/proc/{cell.stand.daemon.pid}/limits").read()
    cell.limits = getattr(cell, "limits", []) + [which]
    hard = re.search(LINES[which] + r"\s+\S+\s+(\S+)", file).group(1)
    set_limit(cell, which, f"{number}:{hard}")


def unlimit(cell):
    for which in getattr(cell, "limits", []):
        if cell.stand.lives():
            file = open(f"/proc/{cell.stand.daemon.pid}/limits").read()
            hard = re.search(LINES[which] + r"\s+\S+\s+(\S+)", file).group(1)
            set_limit(cell, which, f"{hard}:{hard}")


def set_limit(cell, which, value):
    uid = cell.world.uid
    words = ["prlimit", "--pid", str(cell.stand.daemon.pid), f"--{which}={value}"]
    subprocess.run(words, check=True, user=uid, group=uid, extra_groups=[])


def descriptors(number):
    def begin(cell):
        limit(cell, "nofile", number)
        crowd(cell, 100)

    return begin


def heal_crowd(cell):
    unlimit(cell)
    disperse(cell)


def memory(cell):
    """Nothing more than there is, and a megabyte."""
    text = open(f"/proc/{cell.stand.daemon.pid}/status").read()
    now = int(re.search(r"VmSize:\s+(\d+) kB", text).group(1)) * 1024
    limit(cell, "as", now + (1 << 20))
    end_gateways(cell)


def processes(cell):
    limit(cell, "nproc", 0)
    end_gateways(cell)


def end_gateways(cell):
    """So that the next request needs a new one; the one that an unlock is under way in may finish it."""
    if cell.state != "unlocking":
        kill_gateways(cell)


def kill_gateways(cell):
    for pid in cell.stand.gateways():
        os.kill(pid, signal.SIGKILL)


def gateway(name, script=None, kill=end_gateways, **more):
    """Another program where the gateway was; without a script, none."""

    def begin(cell):
        if script is None:
            (cell.stand.bin / "stsd-gateway").unlink()
        else:
            cell.stand.replace_gateway(script)
        kill(cell)

    return Kind(name, begin, lambda cell: cell.stand.true_gateway(), **more)


def not_executable(cell):
    cell.stand.replace_gateway("")
    (cell.stand.bin / "stsd-gateway").chmod(0o644)
    end_gateways(cell)


def stop_gateways(cell):
    for pid in cell.stand.gateways():
        os.kill(pid, signal.SIGSTOP)


def stopped(cell):
    """Each new one stops by itself before it is the gateway, and the running one now."""
    cell.stand.replace_gateway(f"#!/bin/sh\nkill -STOP $$\nexec {cell.world.shared}/bin/stsd-gateway\n")
    stop_gateways(cell)


def signals(*numbers, times=1):
    def begin(cell):
        for _ in range(times):
            for number in numbers:
                cell.stand.daemon.send_signal(number)

    return begin


def stop_for_a_while(cell):
    pid = cell.stand.daemon.pid
    os.kill(pid, signal.SIGSTOP)
    timer = threading.Timer(5, os.kill, (pid, signal.SIGCONT))
    timer.daemon = True
    timer.start()


def end(number):
    """And wait until it has gone."""

    def begin(cell):
        cell.stand.daemon.send_signal(number)
        if cell.state != "unlocking":
            cell.stand.daemon.wait(10)

    return begin


def close_log(cell):
    os.close(cell.stand.reader)


def log_disk(cell):
    place = cell.stand.folder / "log"
    place.mkdir()
    disk(place, "4m", 0)
    cell.stand.log = place / "daemon.log"


def closed_pipe(cell):
    reader, writer = os.pipe()
    os.close(reader)
    cell.stand.log.touch()
    return {"stderr": writer}


def take_port(cell):
    """Somebody who says nothing and hangs up."""
    cell.taker = socket.create_server(("127.0.0.1", PORT))
    threading.Thread(target=hang_up, args=(cell.taker,), daemon=True).start()


def hang_up(listener):
    try:
        while True:
            listener.accept()[0].close()
    except OSError:
        return


def free_port(cell):
    if getattr(cell, "taker", None):
        cell.taker.shutdown(socket.SHUT_RDWR)
        cell.taker.close()
        cell.taker = None


OTHER_VERSION = """#!/usr/bin/python3
import json, socket
stream = socket.socket(fileno=0)
def some(number):
    data = b""
    while len(data) < number:
        chunk = stream.recv(number - len(data))
        if not chunk:
            raise SystemExit
        data += chunk
    return data
while True:
    request = json.loads(some(int.from_bytes(some(4), "little")))
    failure = {"kind": "version", "code": "VersionMismatch", "message": "no", "retryable": False, "code_sent": False}
    answer = json.dumps({"v": "0.0.9", "id": request["id"], "outcome": {"failure": failure}}).encode()
    stream.sendall(len(answer).to_bytes(4, "little") + answer)
"""
PROCESSES = [
    Kind("64 descriptors, and 100 connections that say nothing", descriptors(64), heal_crowd, clean=disperse, varies=True),
    Kind("32 descriptors, and 100 connections that say nothing", descriptors(32), heal_crowd, clean=disperse, varies=True),
    Kind("no more memory", memory, unlimit),
    Kind("no more processes", processes, unlimit),
    gateway("the gateway is missing"),
    Kind("the gateway is not executable", not_executable, lambda cell: cell.stand.true_gateway()),
    gateway("the gateway is killed, and ends at once each time", "#!/bin/sh\nexit 1\n", kill_gateways),
    gateway("the gateway says random bytes", "#!/bin/sh\nexec head -c 4096 /dev/urandom >&0\n", kill_gateways),
    gateway("the gateway is of another version", OTHER_VERSION, end_gateways),
    Kind("the gateway is stopped", stopped, lambda cell: (cell.stand.true_gateway(), kill_gateways(cell)), longest=13),
    Kind("the daemon gets SIGHUP a thousand times", signals(signal.SIGHUP, times=1000)),
    Kind("the daemon gets SIGUSR1", signals(signal.SIGUSR1), cuts=True),
    Kind("the daemon gets SIGPIPE", signals(signal.SIGPIPE)),
    Kind("the daemon stands still for five seconds", stop_for_a_while, stops=True, cuts=True),
    Kind("the daemon gets SIGTERM", end(signal.SIGTERM), ends=True, cuts=True),
    Kind("the daemon gets SIGKILL", end(signal.SIGKILL), ends=True, cuts=True),
    Kind("500 clients hang up in the middle", lambda cell: crowd(cell, 500, f"Authorization: {cell.stand.token}\r\n\r\n"), disperse, clean=disperse),
    Kind("nobody reads the log any more", close_log, stand={"pipe": True}),
    Kind("nobody reads the log from the start", lambda cell: None, daemon=closed_pipe),
    Kind("the log's disk is full", lambda cell: fill(cell.stand.folder / "log"), lambda cell: empty(cell.stand.folder / "log"),
         before=log_disk, clean=lambda cell: unmount(cell.stand.folder / "log")),
    Kind("the port is taken", lambda cell: None, free_port, before=take_port, clean=free_port, cuts=True, foreign=True),
]
