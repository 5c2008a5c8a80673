"""Kills the daemon again and again while an SDK's requests come in, and says what that cost.

    kills.py KILLS        as the user whose service manager starts it again

The requests are those of botocore's container provider, by its own figures (ContainerMetadataFetcher:
a timeout of 2 s, three attempts, 1 s apart), a hundred a second whether the last ones were answered or
not. Whoever is killed is asked for by the control socket: an answer of another process, with the session
in it, is "ready again". Prints one line of JSON.
"""

import http.client
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

RATE, ATTEMPTS, APART, TIMEOUT = 100, 3, 1, 2
PATIENCE = 10
STATE = os.path.join(os.environ["HOME"], ".local/state/stsd")
CONTROL = os.path.join(os.environ["XDG_RUNTIME_DIR"], "stsd/stsd.sock")
PROFILES = ["default", "prod", "staging"]


class Unix(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(CONTROL)


def status(version):
    """The daemon's answer, or nothing if it ended before it had answered."""
    connection = Unix("stsd")
    try:
        connection.request("GET", "/v1/status", headers={"stsd-version": version})
        reply = connection.getresponse()
        return json.loads(reply.read()) if reply.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class Load:
    """A hundred requests a second."""

    def __init__(self):
        with open(os.path.join(STATE, "authorization-token"), encoding="ascii") as file:
            self.token = file.read()
        with open(os.path.join(STATE, "port"), encoding="ascii") as file:
            self.port = int(file.read())
        self.lock, self.ending = threading.Lock(), threading.Event()
        self.numbers = itertools.count()
        self.start = time.monotonic()
        self.answered = self.failed = self.retried = 0
        self.slowest, self.keys, self.reasons = 0.0, set(), set()
        # So many that a request waits for no other: each lasts 8 s at most.
        self.threads = [threading.Thread(target=self.work) for _ in range(120)]
        for thread in self.threads:
            thread.start()

    def work(self):
        while not self.ending.is_set():
            with self.lock:
                number = next(self.numbers)
            wait = self.start + number / RATE - time.monotonic()
            if self.ending.wait(max(wait, 0)):
                return
            self.request(PROFILES[number % len(PROFILES)])

    def request(self, profile):
        begin = time.monotonic()
        for attempt in range(ATTEMPTS):
            if attempt > 0:
                time.sleep(APART)
            try:
                key = self.attempt(profile)
                break
            except (OSError, http.client.HTTPException, ValueError) as error:
                reason = f"{type(error).__name__}: {error}"
        with self.lock:
            self.retried += attempt > 0
            self.slowest = max(self.slowest, time.monotonic() - begin)
            if "key" in locals():
                self.answered += 1
                self.keys.add((profile, key))
            else:
                self.failed += 1
                self.reasons.add(reason)

    def attempt(self, profile):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            connection.request("GET", f"/creds/{profile}", headers={"Authorization": self.token})
            reply = connection.getresponse()
            body = reply.read()
            if reply.status != 200:
                raise ValueError(f"{reply.status} {body[:200]!r}")
            return json.loads(body)["AccessKeyId"]
        finally:
            connection.close()

    def end(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()


def ready_again(version, killed):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        answer = status(version)
        if answer and answer["pid"] != killed:
            return answer
    sys.exit(f"no daemon within {PATIENCE} s of the death of {killed}")


def part(times, share):
    return round(1000 * sorted(times)[min(len(times) - 1, int(len(times) * share))])


def main():
    kills = int(sys.argv[1])
    version = subprocess.check_output(["stsd", "--version"], text=True).split()[1]
    moments = random.Random(kills)
    now = status(version)
    session = now["sessions"][0]["access_key_id"]
    pids, times, lost = {now["pid"]}, [], 0
    load = Load()
    for _ in range(kills):
        # Anywhere between two requests, or in the middle of one.
        time.sleep(moments.uniform(0, 0.1))
        begin = time.monotonic()
        os.kill(now["pid"], signal.SIGKILL)
        now = ready_again(version, now["pid"])
        times.append(time.monotonic() - begin)
        pids.add(now["pid"])
        lost += now["sessions"][0]["access_key_id"] != session
    load.end()
    print(json.dumps({
        "kills": kills, "processes": len(pids), "sessions lost": lost,
        "requests": load.answered + load.failed, "failed": load.failed, "retried": load.retried,
        "slowest ms": round(1000 * load.slowest), "keys": len(load.keys),
        "ready p50 ms": part(times, 0.5), "ready p99 ms": part(times, 0.99),
        "ready max ms": part(times, 1), "reasons": sorted(load.reasons)[:3],
    }))


main()
