"""One cell's stand: an emulator behind the front, a user with ~/.aws, and the real daemon with its doors at their usual
places, since the network is its own."""

import json
import os
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

from driver.process import Child, Failure, Ran

from .front import Front
from .resolver import Proxy

DEVICE = "arn:aws:iam::111122223333:mfa/alice"
REGION = "eu-central-1"
PORT = 7873
PROGRAMS = ("stsd", "stsd-daemon", "stsd-gateway")


class Stand:
    """`clock`: the daemon's and the gateway's clocks can be set; `proxy`: the way to STS is by one."""

    def __init__(self, world, name, clock=False, asleep=False, proxy=False, pipe=False):
        self.world, self.folder = world, world.folder / name
        self.bin, self.home, self.run = (self.folder / part for part in ("bin", "home", "run"))
        for place in (self.bin, self.home / ".aws", self.home / ".config/stsd", self.run, self.folder / "bare"):
            place.mkdir(parents=True)
        for program in PROGRAMS:
            os.link(world.shared / "bin" / program, self.bin / program)
        self.log, self.said, self.codes = self.folder / "daemon.log", [], []
        self.daemon, self.clock, self._pipe = None, None, pipe
        self._emulator = Child([world.shared / "bin/sts-emulator", "--listen", "127.0.0.1:0"], {}, self.folder / "sts.log")
        self.url = json.loads(self._emulator.line())["url"]
        self.front = Front(int(self.url.rsplit(":", 1)[1]), world.shared / "certificates")
        self.proxy = Proxy() if proxy else None
        if clock:
            self._with_clocks()
        self._wrong = clock and not asleep
        self._write_files()
        self.own(self.home, self.run, self.folder / "bare")

    def own(self, *places):
        """They become the user's."""
        for place in places:
            for path in [place, *place.rglob("*")]:
                os.chown(path, self.world.uid, self.world.uid)
            place.chmod(0o700)

    def _write_files(self):
        config = self.emulator("config")
        (self.home / ".aws/config").write_text(re.sub(r"(?m)^endpoint_url.*\n", "", config))
        (self.home / ".aws/credentials").write_text(self.emulator("credentials", url=False))
        (self.home / ".aws/credentials").chmod(0o600)
        self.bundle = self.home / ".config/stsd/ca.pem"
        shutil.copy(self.world.shared / "certificates/ca.pem", self.bundle)
        lines = [f'ca_bundle = "{self.bundle}"']
        if self.proxy:
            lines.append(f'proxy = "http://127.0.0.1:{Proxy.PORT}"')
        (self.home / ".config/stsd/config.toml").write_text("\n".join(lines) + "\n")

    def _with_clocks(self):
        """Both programs that look at clocks get others, which `set_clocks` sets."""
        self.clock = self.folder / "clocks"
        self.clock.write_bytes(bytes(16))
        self.clock.chmod(0o644)
        self.preload = {"LD_PRELOAD": str(self.world.shared / "clock.so"), "STSD_FAULTS_CLOCKS": str(self.clock)}
        # The daemon starts the gateway with an empty environment.
        (self.bin / "stsd-gateway").rename(self.bin / "real-stsd-gateway")
        variables = " ".join(f"{name}={value}" for name, value in self.preload.items())
        self.replace_gateway(f"#!/bin/sh\n{variables} exec {self.bin}/real-stsd-gateway\n")

    def set_clocks(self, wall, boot):
        """Seconds by which they are off."""
        numbers = wall.to_bytes(8, "little", signed=True) + boot.to_bytes(8, "little", signed=True)
        with open(self.clock, "r+b", buffering=0) as file:
            file.write(numbers)

    def replace_gateway(self, script):
        """Another program in its place."""
        gateway = self.bin / "stsd-gateway"
        gateway.unlink(missing_ok=True)
        gateway.write_text(script)
        gateway.chmod(0o755)

    def true_gateway(self):
        """The real one is back."""
        (self.bin / "stsd-gateway").unlink(missing_ok=True)
        os.link(self.world.shared / "bin/stsd-gateway", self.bin / "stsd-gateway")

    def user(self):
        """The environment of a person who has just logged in."""
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.run)}

    def start_daemon(self, stderr=None):
        """Waits until it answers."""
        environment = self.user() | {"STSD_LOG": "trace"} | (self.preload if self.clock else {})
        reader = writer = None
        if self._pipe:
            reader, writer = os.pipe()
            self.reader = reader
        with open(self.log, "ab") as log:
            self.daemon = subprocess.Popen(
                [self.bin / "stsd-daemon"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=stderr or writer or log, user=self.world.uid, group=self.world.uid, extra_groups=[], cwd="/",
                start_new_session=True,
            )
        if writer:
            os.close(writer)
            threading.Thread(target=self._copy, args=(reader,), daemon=True).start()
        self._wait(lambda: self.stsd("status", "--json").status == 0, "the daemon never answered")

    def _copy(self, reader):
        """What the daemon says on a pipe, until that is closed."""
        with open(self.log, "ab", buffering=0) as log:
            try:
                while chunk := os.read(reader, 65536):
                    log.write(chunk)
            except OSError:
                pass

    def _wait(self, holds, otherwise, seconds=30):
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline or self.daemon.poll() is not None:
                raise Failure(f"{otherwise}: {self.words()}")
            time.sleep(0.05)

    def words(self):
        return self.log.read_text(errors="replace")[-600:]

    def stsd(self, *words, deadline=90):
        """`stsd …`, as the user types it."""
        start = time.monotonic()
        try:
            done = subprocess.run(
                [str(self.bin / "stsd"), *words], env=self.user(), stdin=subprocess.DEVNULL, capture_output=True,
                text=True, timeout=deadline, user=self.world.uid, group=self.world.uid, extra_groups=[], cwd="/",
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            return Said(-1, "", "hangs", time.monotonic() - start)
        said = Said(done.returncode, done.stdout, done.stderr, time.monotonic() - start)
        if words[0] != "credential-process":
            self.said.append(said.stdout + said.stderr)
        return said

    def status(self):
        """What it says in JSON, or nothing."""
        said = self.stsd("status", "--json", deadline=30)
        return json.loads(said.stdout) if said.status == 0 else None

    def profile(self, name="prod"):
        """What `status` says of a profile, or nothing."""
        status = self.status() or {"profiles": []}
        return next((profile for profile in status["profiles"] if profile["profile"] == name), None)

    def unlock(self):
        return self.stsd("unlock", self.code())

    def code(self):
        """An unspent token code."""
        code = self.emulator("code", DEVICE).strip()
        self.codes.append(code)
        return code

    def emulator(self, *words, url=True):
        more = ["--url", self.url] if url else []
        return Ran([self.world.shared / "bin/sts-emulator", *words, *more], {}).expect().stdout

    def endpoint(self, profile="prod"):
        """One raw question: status, the object that came, seconds."""
        try:
            token = (self.home / ".local/state/stsd/authorization-token").read_text()
        except OSError:
            token = self.token
        return self.world.sdk.ask({"RAW": f"127.0.0.1:{PORT}", "TOKEN": token, "PATH": f"/creds/{profile}"})

    def ask(self, environment):
        """boto3. By a wrong clock it would sign in vain: it gets credentials, and somebody else signs with them."""
        clocks = {"STSD_FAULTS_CLOCKS": str(self.clock)} if self.clock else {}
        if not self._wrong:
            return self.world.sdk.ask(environment | clocks)
        answer = self.world.sdk.ask(environment | clocks | {"ONLY_CREDENTIALS": "1"})
        if "keys" not in answer:
            return answer
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        base = {name: environment[name] for name in ("HOME", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION")}
        signed = self.world.sdk.ask(base | dict(zip(names, answer["keys"])))
        return signed | {"seconds": answer["seconds"]}

    def by_endpoint(self):
        """The environment of a tool that has the two variables and a region."""
        return self._tool(("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))

    def by_view(self):
        """The same with the view before them."""
        return self._tool(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "STSD_PROFILE"))

    def _tool(self, names):
        base = self.user() | {"HOME": str(self.folder / "bare"), "AWS_ENDPOINT_URL": self.url, "AWS_REGION": REGION}
        base |= {"AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}
        return base | {name: self.variables[name] for name in names}

    def remember(self):
        """What a shell was told while all was well."""
        self.variables = json.loads(self.stsd("env", "prod", "--format", "json").stdout)
        self.token = Path(self.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]).read_text()

    def files(self):
        """What the user's programs have written, but for `~/.aws` and the authorization tokens' own files."""
        for folder in (self.home, self.run):
            for path in sorted(folder.rglob("*")):
                apart = ".aws" in path.parts or path.name.startswith("authorization-token") or "exec-tokens" in path.parts
                if path.is_symlink() or not path.is_file() or apart:
                    continue
                try:
                    yield str(path.relative_to(self.folder)), path.read_bytes()
                except OSError:
                    # It has gone meanwhile, or its disk is broken.
                    continue

    def gateways(self):
        """The processes of this daemon's gateway."""
        try:
            with open(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children") as children:
                return [int(pid) for pid in children.read().split()]
        except OSError:
            return []

    def lives(self):
        return self.daemon.poll() is None

    def stop(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.kill()
            self.daemon.wait()
        self.front.stop()
        if self.proxy:
            self.proxy.refuse()
        self._emulator.stop()


class Said:
    """What a command said."""

    def __init__(self, status, stdout, stderr, seconds):
        self.status, self.stdout, self.stderr, self.seconds = status, stdout, stderr, seconds
