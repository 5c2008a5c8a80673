"""What a tool really did: whom it called and what it ran, by its system calls, and who signed, by the journal."""

import json
import re
import urllib.request
from dataclasses import dataclass

from driver.process import Failure

from .fakes import Container, Instance, Portal, Proxy
from .situation import KEYS

# Only what leaves the process; everything else runs at full speed.
STRACE = ("strace", "-f", "--seccomp-bpf", "-qq", "-s", "400", "-e", "trace=connect,execve", "-e", "signal=none")
CALLED = re.compile(r'sin6?_port=htons\((\d+)\).*?"?(127\.[\d.]+|::1|169\.254[\d.]+|fd00:ec2::\w+|[\d.]+)"')
PLACES = {key: place for place, key in KEYS.items()} | dict.fromkeys(
    ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN8EXAMPLE"), "shared-credentials"
)
PROFILES = {
    "arn:aws:sts::444455556666:assumed-role/prod/alice": "prod",
    "arn:aws:sts::444455556666:assumed-role/staging/alice": "staging",
    "arn:aws:iam::111122223333:user/alice": "default",
}
# The gateway names its sessions after the user; a tool that assumes a role itself makes up a name.
OURS = ("alice", "bob", "ci")

# What a tool that asked nobody says of why: the first that fits.
SAID = [
    ("assume-role", r"MFA|EOF when reading a line|AssumeRoleTokenProvider"),
    ("web-identity", r"retrieve jwt|/nonexistent/web-identity"),
    ("stsd-endpoint", r"/nonexistent/authorization|[Aa]uth(orization)? token|loading credentials: No such file"),
    ("container", r"Unsupported host|invalid endpoint host|URI for ECS provider"),
    ("login", r"[Ll]oading login|login credential provider|/login/cache/|login token|credentials-login"),
    ("sso", r"SSO|/sso/cache/|features\) enabled: sso"),
    (
        "none",
        r"Unable to locate credentials|Could not load credentials from any providers|no credentials found in chain"
        r"|no EC2 IMDS role found|Unable to load credentials",
    ),
]


@dataclass(frozen=True)
class Seen:
    """The source that a tool settled on, and the profile whose credentials signed, where they were stsd's."""

    source: str
    profile: str | None = None
    # For people: how it ended.
    text: str = ""

    def __str__(self):
        return f"{self.source} {self.profile}" if self.profile else self.source


class Witness:
    """Watches one client on its own stand."""

    def __init__(self, client, scene):
        self._client, self._scene = client, scene
        self._log, self._known = scene.stand.folder / "system-calls", 0
        fakes = scene.fakes
        self._ports = {
            scene.port: "stsd-endpoint",
            fakes.port(Container): "container",
            fakes.dead_port: "container",
            fakes.port(Instance): "instance-metadata",
            fakes.port(Portal): "sso",
            fakes.port(Proxy): "proxy",
        }

    def see(self, environment, profile):
        """One GetCallerIdentity, and what became of it."""
        fakes, proxied = self._scene.fakes, len(self._scene.fakes.proxied())
        self._entries()
        self._log.unlink(missing_ok=True)
        try:
            ran = self._client.identity(environment, profile, (*STRACE, "-o", self._log))
        except Failure as failure:
            return Seen("?", text=str(failure))
        steps = self._steps(fakes.proxied()[proxied:])
        return judged(ran, steps, self._entries())

    def _entries(self):
        """What the emulator was asked since this was asked last."""
        with urllib.request.urlopen(f"{self._scene.stand.emulator.url}/_emulator/journal", timeout=10) as answer:
            entries = json.load(answer)["entries"]
        self._known, new = len(entries), entries[self._known :]
        return new

    def _steps(self, proxied):
        """The sources that it asked, in order."""
        steps = []
        for line in self._log.read_text(errors="replace").splitlines():
            if "execve(" in line and "credential-process" in line:
                steps.append("stsd-view")
            elif "execve(" in line and "another-program" in line:
                steps.append("process")
            elif found := CALLED.search(line):
                steps.append(self._whom(int(found[1]), found[2], proxied))
        return [step for step in steps if step is not None]

    def _whom(self, port, host, proxied):
        step = self._ports.get(port)
        if step == "proxy":
            return "stsd-endpoint" if any("/creds/" in path for path in proxied) else None
        if host == "169.254.169.254":
            return "instance-metadata"
        if host.startswith(("169.254.170.", "fd00:ec2")):
            return "container"
        return step


def judged(ran, steps, entries):
    """From what was seen to the source."""
    text = ran.stdout.strip() if ran.status == 0 else ran.last_line()
    source, profile = signer(entries, steps) or (asked(ran.stderr, entries, steps), None)
    return Seen(source, profile, text)


def signer(entries, steps):
    """By whose credentials the question was signed, if it was asked."""
    signed = [entry for entry in entries if entry["action"] == "GetCallerIdentity"]
    if not signed:
        return None
    key, principal = signed[-1]["access_key_id"], signed[-1]["principal"]
    if key in PLACES:
        return PLACES[key], None
    if assumed(entries, "AssumeRole", "Success"):
        return "assume-role", None
    return (steps[-1] if steps else "?"), PROFILES.get(principal)


def asked(said, entries, steps):
    """Whom it asked last, or what it says of why it asked nobody."""
    if assumed(entries, "AssumeRole"):
        return "assume-role"
    if "Region is missing" in said or "Unable to load region" in said:
        # The metadata service was asked where this is, not for credentials.
        return "error"
    if steps:
        return steps[-1]
    return next((source for source, words in SAID if re.search(words, said)), "error")


def assumed(entries, action, outcome=None):
    """Whether the tool itself asked for a role, rather than the gateway for stsd; and how it ended, if that matters."""
    asked_for = (e for e in entries if e["action"] == action and e["role_session_name"] not in OURS)
    return any(outcome in (None, entry["outcome"]) for entry in asked_for)
