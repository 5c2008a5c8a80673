"""A daemon that says what a check tells it to, a folder for each check, and the counting."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

# Without anybody's start files.
PLAIN = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"], "dash": []}

# Everything that some shell trips over. None of these may run `touch`.
HOSTILE = (
    "prod",
    "my prod",
    "it's",
    'say "hi"',
    "$(touch pwned)",
    "`touch pwned`",
    "(touch pwned)",
    "; touch pwned #",
    "& touch pwned |",
    "two\nlines; touch pwned",
    "\n",
    "ends\n",
    "100%PATH%",
    "%n%{x%}",
    "日本 語",
    "-p",
    "--",
    "*",
    "[a-z]*?",
    "!!",
    "!$ !touch",
    "back\\slash\\",
    "\\'",
    " both sides ",
    "#x",
    "~root",
    "{a,b}",
    "$HOME ${HOME} $?",
    "<a>b",
    "‘typographic’ ‚quotes‛ “too”",
    "tab\tand \x01 and \x1b[2J",
    "=ls",
    "^a^b",
)


class World:
    """The programs, one scripted daemon, and how many checks there were."""

    def __init__(self, programs: Path):
        self.passed = self.failed = 0
        self.folder = Path(tempfile.mkdtemp(prefix="stsd-shells."))
        self.stsd = str(programs / "stsd")
        version = subprocess.run([self.stsd, "--version"], capture_output=True, text=True, check=True)
        self.daemon = Daemon(self.folder / "stsd.sock", version.stdout.split()[1])
        self.checks = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.daemon.close()
        shutil.rmtree(self.folder)

    def place(self) -> Path:
        """A new folder, in which nothing but the check's own files may appear."""
        self.checks += 1
        place = self.folder / f"check-{self.checks}"
        place.mkdir()
        return place

    def variables(self, place: Path, **more: str) -> dict:
        """The environment of a shell that knows the daemon, and nothing else."""
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(place),
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
            "STSD": self.stsd,
            "STSD_SOCKET": str(self.daemon.path),
            **more,
        }

    def evaluate(self, shell: str, script: str, place: Path, variables: dict, plain=None):
        """What a shell's script printed, and complained about."""
        command = [shell, *(PLAIN[shell] if plain is None else plain), "-c", script]
        ended = subprocess.run(
            command, cwd=place, env=variables, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
        )
        return ended.stdout, ended.stderr.decode(errors="replace")

    def check(self, what: str, seen, wanted) -> None:
        if seen == wanted:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED {what}\n  wanted {wanted!r}\n  saw    {seen!r}", flush=True)


def variables_of(output: bytes) -> dict:
    """What `env -0` printed."""
    items = (item.partition(b"=") for item in output.split(b"\0") if item)
    return {name.decode(): value.decode() for name, _, value in items}


class Daemon:
    """Answers each request with the reply that stands under its path, whatever is in the request."""

    def __init__(self, path: Path, version: str):
        self.path, self.version, self.replies = path, version, {}
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(64)
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def says(self, path: str, reply) -> None:
        self.replies[path] = json.dumps(reply).encode()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as request:
            path = request.readline().split()[1].decode()
            length = 0
            for line in iter(request.readline, b"\r\n"):
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            request.read(length)
        body = self.replies[path]
        head = f"HTTP/1.1 200 OK\r\nStsd-Version: {self.version}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)


def environment(name: str) -> dict:
    """The daemon's answer about a profile, with the name wherever one can stand."""
    return {
        "profile": name,
        "credentials_uri": "http://127.0.0.1:7873/creds/x",
        "authorization_token_file": f"/state/{name}/authorization-token",
        "config_view": f"/state/{name}/aws/config",
        "credentials_view": f"/state/{name}/aws/credentials",
        "region": name,
    }


def status(names, session="unlocked") -> dict:
    """The daemon's status with these profiles."""
    key = "AKIAIOSFODNN7EXAMPLE"
    device = "arn:aws:iam::111122223333:mfa/alice"
    profile = {"state": "ready", "session": key, "remaining_seconds": 2820, "role_arn": None, "account_id": None}
    return {
        "default_profile": "default",
        "sessions": [{"identity": key, "mfa_serial": device, "state": session, "remaining_seconds": 43000}],
        "profiles": [{"profile": name, "path": f"path-{at}", **profile} for at, name in enumerate(names)],
    }
