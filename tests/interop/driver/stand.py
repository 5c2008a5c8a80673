"""A stand: an emulator, a daemon and a user's home, with nothing shared between two stands."""

import json
import os
import re
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .process import DEADLINE, Child, Failure, Ran

# Where the daemon finds its `notify-send`.
DESKTOP = Path(__file__).resolve().parent.parent / "desktop"
DEVICE = "arn:aws:iam::111122223333:mfa/alice"
REGION = "eu-central-1"


@dataclass(frozen=True)
class Identity:
    """Somebody whom a profile makes of alice: who signs, and whose buckets are listed."""

    profile: str
    arn: str
    buckets: tuple


ALICE = Identity("default", "arn:aws:iam::111122223333:user/alice", ("alice-notes", "alice-photos"))
PROD, STAGING, QUARTER = (
    Identity(profile, f"arn:aws:sts::444455556666:assumed-role/{role}/alice", ("prod-backups", "staging-uploads"))
    for profile, role in (("prod", "prod"), ("staging", "staging"), ("quarter", "staging"))
)

ASKED = re.compile(r'request\{door="(?:control" path="/v1/credentials|(?!control)[^"]*)"')

# Beside the emulator's own profiles: one that STS refuses, one whose STS is down, a role of a
# quarter of an hour, and two that form a loop.
MORE_PROFILES = """
[profile forbidden]
region = {region}
endpoint_url = {url}
role_arn = arn:aws:iam::444455556666:role/nobody
source_profile = default

[profile offline]
region = {region}
endpoint_url = http://127.0.0.1:1
role_arn = arn:aws:iam::444455556666:role/prod
source_profile = default

[profile quarter]
region = {region}
endpoint_url = {url}
role_arn = arn:aws:iam::444455556666:role/staging
source_profile = default
duration_seconds = 900

[profile loop]
region = {region}
role_arn = arn:aws:iam::444455556666:role/prod
source_profile = noose

[profile noose]
role_arn = arn:aws:iam::444455556666:role/hub
source_profile = loop
"""


class Emulator:
    """The STS, and what it remembers."""

    def __init__(self, binaries, folder):
        self._program = binaries / "sts-emulator"
        self._child = Child([self._program, "--listen", "127.0.0.1:0"], {}, folder / "emulator.log")
        self.url = json.loads(self._child.line())["url"]

    def ask(self, *words):
        """What a subcommand prints."""
        return Ran([self._program, *words, "--url", self.url], {}).expect().stdout

    def code(self):
        """An unspent token code of alice's device."""
        return self.ask("code", DEVICE).strip()

    def entries(self):
        """The journal."""
        return json.loads(self.ask("journal"))["entries"]

    @contextmanager
    def fault(self, *words):
        """Something goes wrong for a while."""
        self.ask("fault", *words)
        try:
            yield
        finally:
            self.ask("fault", "clear")

    def stop(self):
        self._child.stop()


class Stand:
    """An emulator, a daemon, a home with ~/.aws, and another without."""

    def __init__(self, binaries, folder):
        self.binaries, self.folder = binaries, folder
        self.home, self.bare_home = folder / "home", folder / "bare"
        for place in (self.home / ".aws", self.bare_home, folder / "run"):
            place.mkdir(parents=True, mode=0o700)
        self._children = []
        try:
            self.emulator = self._started(Emulator(binaries, folder))
            self._write_profiles()
            self.start_daemon()
        except BaseException:
            self.stop()
            raise

    def start_daemon(self):
        """Starts it, and waits until all its doors answer."""
        command = [self.binaries / "stsd-daemon", "--listen", "127.0.0.1:0"]
        more = {"STSD_LOG": "info,stsd_daemon::endpoint=debug,stsd_daemon::control=debug"}
        more["PATH"] = f"{DESKTOP}:/usr/bin:/bin"
        self.daemon = self._started(Child(command, self.user() | more, self.folder / "daemon.log"))
        self.daemon.logged("stsd-daemon: ready on ")

    def stop(self):
        """Ends what this stand started, the last first."""
        while self._children:
            self._children.pop().stop()

    def user(self):
        """The environment of a person who has just logged in."""
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.folder / "run")}

    def stsd(self, *words, environment=None, stdin=""):
        """`stsd …`, as that person types it."""
        return Ran([self.binaries / "stsd", *words], environment or self.user(), stdin)

    def unlock(self):
        """With a computed code."""
        return self.stsd("unlock", self.emulator.code()).expect()

    def endpoint(self, profile):
        """Nothing but the two variables and a region; and, since this is a test, where AWS is."""
        variables = self.variables(profile)
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.bare_home),
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"],
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.emulator.url,
        }

    def variables(self, profile):
        """What `stsd env` sets."""
        return json.loads(self.stsd("env", profile, "--format", "json").expect().stdout)

    def static(self, profile):
        """A shell that was given keys, and nothing to renew them with; with a home that has none of its own."""
        return self.shell(f"{profile} --static") | {"HOME": str(self.bare_home), "AWS_ENDPOINT_URL": self.emulator.url}

    def shell(self, profile, more=None):
        """The environment of a shell that evaluated `stsd env`, in whatever environment it was before."""
        script = f'eval "$("$1" env {profile})" && exec env -0'
        done = subprocess.run(
            ["/bin/sh", "-c", script, "sh", str(self.binaries / "stsd")],
            env=self.user() | (more or {}), capture_output=True, text=True, timeout=30,
        )
        if done.returncode != 0 or done.stderr:
            raise Failure(f"stsd env {profile}: {done.stderr.strip()}")
        variables = dict(pair.split("=", 1) for pair in done.stdout.split("\0") if pair)
        return {name: value for name, value in variables.items() if name not in ("PWD", "OLDPWD", "SHLVL", "_")}

    def requests(self):
        """How often the daemon was asked for credentials, by its log: at the endpoint and by `credential-process`."""
        return len(ASKED.findall((self.folder / "daemon.log").read_text()))

    def notices(self, text):
        """Those that the desktop was given with this text."""
        shown = self.home / "notices"
        return [line for line in shown.read_text().splitlines() if text in line] if shown.exists() else []

    def noticed(self, text):
        """Waits for the first such notice; whether it came."""
        deadline = time.monotonic() + DEADLINE
        while not self.notices(text) and time.monotonic() < deadline:
            time.sleep(0.02)
        return bool(self.notices(text))

    def _write_profiles(self):
        aws = self.home / ".aws"
        more = MORE_PROFILES.format(region=REGION, url=self.emulator.url)
        (aws / "config").write_text(self.emulator.ask("config") + more)
        credentials = Ran([self.binaries / "sts-emulator", "credentials"], {}).expect().stdout
        (aws / "credentials").write_text(credentials)
        os.chmod(aws / "credentials", 0o600)

    def _started(self, child):
        self._children.append(child)
        return child
