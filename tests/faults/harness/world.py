"""What a worker has to itself: a network with a resolver, mounts, a user, boto3, certificates and an account of names."""

import json
import socket
import subprocess
from pathlib import Path

from driver import namespace

from .resolver import CONFIGURATION, Resolver, point_at_ourselves

HERE = Path(__file__).resolve().parent
FIRST_UID = 20000
# One that every user may run.
PYTHON = "/usr/bin/python3"
# Where connections are never answered.
DEAF = "127.0.0.9"


class World:
    """Made inside `unshare --net --mount --pid`; `number` tells the workers apart."""

    def __init__(self, work, number):
        self.shared, self.uid = Path(work), FIRST_UID + number
        self.folder = self.shared / f"worker{number}"
        self.folder.mkdir()
        namespace.raise_loopback()
        self._deaf = deaf()
        self.resolv, switch = point_at_ourselves(self.folder)
        mount("--bind", self.resolv, "/etc/resolv.conf")
        mount("--bind", switch, "/etc/nsswitch.conf")
        self.resolver = Resolver()
        self.sdk = Sdk(self, self.folder / "sdk.log")

    def heal(self):
        """The network is as it should be."""
        self.resolver.heal()
        self.resolv.write_text(CONFIGURATION)

    def stop(self):
        self.sdk.stop()


class Sdk:
    """boto3, asked in a fresh process each time."""

    def __init__(self, world, log):
        packages, uid = next((world.shared / "boto3").glob("lib/python3*/site-packages")), world.uid
        with open(log, "wb") as errors:
            self._process = subprocess.Popen(
                [PYTHON, HERE / "forker.py"], env={"PYTHONPATH": str(packages), "LD_PRELOAD": str(world.shared / "clock.so")}, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=errors, text=True, user=uid, group=uid, extra_groups=[], cwd="/",
            )

    def ask(self, environment):
        """`arn` or `error`, and `seconds`."""
        self._process.stdin.write(json.dumps(environment) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        return json.loads(line) if line else {"error": "boto3 did not start", "seconds": 0.0}

    def stop(self):
        self._process.stdin.close()
        self._process.wait(60)


def deaf():
    """A port whose queue is full: the kernel drops whatever else comes, as a bad network does."""
    listener = socket.socket()
    listener.bind((DEAF, 443))
    listener.listen(0)
    callers = []
    for _ in range(4):
        callers.append(socket.socket())
        callers[-1].setblocking(False)
        callers[-1].connect_ex((DEAF, 443))
    return listener, callers


# What this worker has mounted where; nothing else is ever taken away.
MOUNTED = []


def mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True)
    if "-o" not in words[:1]:
        MOUNTED.append(str(words[-1]))


def unmount(place):
    if str(place) in MOUNTED:
        MOUNTED.remove(str(place))
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def disk(place, size, uid):
    """A file system of its own."""
    mount("-t", "tmpfs", "-o", f"size={size},mode=700,uid={uid},gid={uid}", "tmpfs", place)


def fill(place):
    """Until nothing more fits, not even a name."""
    number = 0
    try:
        while True:
            with open(Path(place) / f"full{number}", "wb", buffering=0) as file:
                while True:
                    file.write(bytes(512))
    except OSError:
        pass
    try:
        while True:
            number += 1
            (Path(place) / f"full{number}").write_bytes(b"x")
    except OSError:
        return


def empty(place):
    """Room again."""
    for file in Path(place).glob("full*"):
        file.unlink()
