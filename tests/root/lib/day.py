"""The day of a user whose secrets are canaries: everything that stsd does, and much that goes wrong."""

import configparser
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

DEVICES = {"default": "arn:aws:iam::111122223333:mfa/alice", "bob": "arn:aws:iam::123456789012:mfa/bobs-phone"}
PATIENCE = 15


def attempted(what):
    """What it comes to; nothing yet where a process that it looks at is gone."""
    try:
        return what()
    except (OSError, SystemExit):
        return None


def until(what, sentence):
    end = time.monotonic() + PATIENCE
    while not (result := attempted(what)):
        if time.monotonic() > end:
            raise SystemExit(f"waited in vain until {sentence}")
        os.sched_yield()
    return result


def connections(pid):
    """How many TCP connections a process has."""
    links = []
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        try:
            links.append(os.readlink(f"/proc/{pid}/fd/{descriptor}"))
        except OSError:
            continue
    with open(f"/proc/{pid}/net/tcp", encoding="ascii") as table:
        inodes = {line.split()[9] for line in table.read().splitlines()[1:]}
    return sum(link.startswith("socket:[") and link[8:-1] in inodes for link in links)


def emulator(*words):
    return subprocess.run(["sts-emulator", *words], check=True, capture_output=True, text=True).stdout.strip()


class Day:
    """What happens, what was said meanwhile, and what must be nowhere afterwards."""

    def __init__(self, home, uid, port, daemon, here):
        self.home, self.uid, self.port, self.daemon, self.here = home, uid, int(port), daemon, here
        self.state = home / ".local/state/stsd"
        self.said, self.codes, self.issued = b"", [], {}
        self.environments, self.lines = b"", b""
        self.began = (home / ".aws").stat().st_mtime
        credentials = configparser.ConfigParser()
        credentials.read(home / ".aws/credentials")
        self.keys = {f"the key of {name}": credentials[name]["aws_secret_access_key"] for name in credentials.sections()}
        self.authorizations = {"the user's authorization token": (self.state / "authorization-token").read_text()}
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "STSD_LOG": "trace"}

    def start(self, *words, **more):
        return subprocess.Popen(
            [sys.executable, f"{self.here}/lib/as.py", str(self.uid), *words],
            env=self.environment, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def runs(self, *words, typed=b"", prints_secrets=False):
        process = self.start("stsd", *words)
        out, err = process.communicate(typed, timeout=60)
        self.said += err if prints_secrets else out + err
        return out

    def unlocks(self, profile):
        """By standard input: what stands on a command line is everybody's by the user's own choice."""
        code = emulator("code", DEVICES[profile])
        self.codes.append(code)
        self.runs("unlock", profile, "-", typed=f"{code}\n".encode())
        emulator("advance", "60s")

    def fetches(self, profile):
        """Collects what STS has issued for a profile."""
        out = self.runs("credential-process", profile, prints_secrets=True)
        if out:
            held = json.loads(out)
            number = len(self.issued)
            self.issued[f"secret access key {number} of {profile}"] = held["SecretAccessKey"]
            self.issued[f"session token {number} of {profile}"] = held["SessionToken"]

    def asks(self, head):
        """As the user, whom alone the door admits."""
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                os.setgroups([])
                os.setresgid(self.uid, self.uid, self.uid)
                os.setresuid(self.uid, self.uid, self.uid)
                connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                connection.settimeout(10)
                connection.connect(("127.0.0.1", self.port))
                connection.sendall(head.encode())
                while connection.recv(65536):
                    pass
                code = 0
            finally:
                os._exit(code)
        if os.waitpid(pid, 0)[1] != 0:
            raise SystemExit("a request of the user was not answered")

    def asks_badly(self):
        """Requests that carry canaries where none belongs."""
        own = next(iter(self.authorizations.values()))
        secret = next(iter(self.keys.values()))
        host = f"Host: 127.0.0.1:{self.port}\r\n"
        for head in (
            f"GET /creds/prod HTTP/1.1\r\n{host}Authorization: {own}\r\n\r\n",
            f"GET /creds/prod?token={own} HTTP/1.1\r\n{host}\r\n",
            f"GET /creds/{own} HTTP/1.1\r\n{host}Authorization: {own}\r\n\r\n",
            f"GET /{secret} HTTP/1.1\r\n{host}Authorization: x{own}\r\n\r\n",
            f"{own} / HTTP/1.1\r\n{host}\r\n",
            f"GET /creds HTTP/1.1\r\n{host}Cookie: {own}\r\nX-{own}: {secret}\r\nAuthorization: {own}\r\n\r\n",
            f"GET /creds HTTP/1.1\r\nHost: {own}\r\nAuthorization: {own}\r\n\r\n",
            f"GET /creds HTTP/1.1\r\n{host}{own}\r\n{secret}\r\n\r\n",
        ):
            self.asks(head)

    def makes_tokens(self):
        out = self.runs("token", "create", "--profile", "prod", "--name", "canary", prints_secrets=True)
        self.authorizations["a created authorization token"] = out.decode().strip()
        self.runs("token", "list")
        self.runs("exec", "prod", "--", "true")
        for path in self.token_files():
            for word in path.read_text(errors="replace").replace('"', " ").split():
                if len(word) >= 43 and word.replace("-", "").replace("_", "").isalnum():
                    self.authorizations.setdefault(f"an authorization token of {path.name}", word)

    def token_files(self):
        """The files that are there to hold authorization tokens."""
        return [path for path in self.state.rglob("*") if path.is_file() and path.name.startswith("authorization-token")
                or path.is_file() and "authorization-tokens" in path.parts]

    def begins(self):
        emulator("advance", "60s")
        self.runs("unlock", "-", typed=b"000000\n")
        for profile in DEVICES:
            self.unlocks(profile)
        for profile in ("default", "prod", "staging", "deep", "bob", "deploy", "nobody"):
            self.fetches(profile)
        self.makes_tokens()
        self.asks_badly()
        for words in (["status"], ["status", "--json"], ["profiles"], ["whoami", "prod"], ["env", "prod"], ["log", "--json"],
                      ["doctor"], ["exec", "prod", "--", "env"]):
            self.runs(*words)
        for fault in ("garbage", "cut-off", "deny", "throttle"):
            emulator("fault", fault, "--times", "1")
            self.runs("refresh", "prod")
        emulator("fault", "clear")
        self.runs("refresh")
        for profile in ("prod", "deep"):
            self.fetches(profile)

    def gateway(self):
        """The newest."""
        with open(f"/proc/{self.daemon}/task/{self.daemon}/children", encoding="ascii") as file:
            children = file.read().split()
        return int(children[-1]) if children else None

    def keeps_a_gateway(self):
        """A call that hangs: the gateway holds what it needs for it."""
        hung = emulator("journal").count('"hang"')
        emulator("fault", "hang", "--action", "GetSessionToken", "--times", "1")
        code = emulator("code", DEVICES["default"])
        self.codes.append(code)
        self.unlocking = self.start("stsd", "unlock", "-")
        self.unlocking.stdin.write(f"{code}\n".encode())
        self.unlocking.stdin.close()
        until(lambda: emulator("journal").count('"hang"') > hung and self.gateway(), "the gateway asks STS")

    def looks_at_processes(self, of_all):
        self.environments += b"".join(of_all("environ"))
        self.lines += b"".join(of_all("cmdline"))
        return self.environments, self.lines

    def gateway_at_rest(self):
        """A gateway whose calls are over, before it goes."""
        emulator("fault", "clear")
        os.kill(self.gateway(), signal.SIGKILL)
        self.unlocking.stdin = None
        out, err = self.unlocking.communicate(timeout=60)
        self.said += out + err
        emulator("advance", "60s")
        self.unlocks("default")
        self.runs("refresh", "prod")
        self.fetches("prod")
        gateway = self.gateway()
        until(lambda: not connections(gateway), "the gateway has closed its connections")
        return gateway

    def ends(self):
        os.kill(self.daemon, signal.SIGHUP)
        with open(self.home / ".aws/config", "a", encoding="utf-8") as config:
            config.write(f"\n{next(iter(self.keys.values()))}\n")
        self.runs("status")
        self.runs("lock")
        self.runs("whoami")
        self.asks_badly()
        until(lambda: self.gateway() is None, "the gateway has ended")
        self.runs("status", "--json")

    def manuals(self, man):
        text = b""
        for words in (["--help"], ["unlock", "--help"], ["token", "--help"], ["completions", "bash"], ["completions", "zsh"], ["completions", "fish"]):
            text += self.runs(*words)
        for page in sorted(man.glob("*.1")):
            text += page.read_bytes()
        return text

    def dies(self, daemon, work):
        os.kill(daemon, signal.SIGABRT)
        until(lambda: not os.path.exists(f"/proc/{daemon}") or b"Z" in Path(f"/proc/{daemon}/stat").read_bytes().split()[2:3], "the daemon has ended")
        return [path.read_bytes() for path in Path(self.home).rglob("core*") if path.is_file()]

    def leaves_a_core(self, search):
        canary = next(iter(self.keys.values()))
        folder = self.home / "plain"
        folder.mkdir()
        os.chown(folder, self.uid, self.uid)
        environment = {**self.environment, "CANARY": canary}
        process = subprocess.Popen([sys.executable, f"{self.here}/lib/as.py", str(self.uid), "sleep", "infinity"], env=environment, cwd=folder)
        until(lambda: Path(f"/proc/{process.pid}/comm").read_text().strip() == "sleep", "the plain process runs")
        process.send_signal(signal.SIGABRT)
        process.wait()
        return search.found_in([path.read_bytes() for path in folder.glob("core*")])
