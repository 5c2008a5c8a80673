"""One kind of fault in one state, for real: enter the state, let the fault begin, ask as a person and as an SDK, let it
end, and see what it takes until tools work again. What must always hold is checked here."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from subprocess import SubprocessError

from driver.process import Failure
from forms import PIECE, forms

from .normal import normal, sentence
from .stand import Stand

STATES = ("locked", "unlocking", "cold", "ready", "due", "expired", "ended")
# Of the roles' credentials, in seconds: of which half is left when they are due, and the rest is to ask in.
DUE_LIFE, SHORT_LIFE, SESSION_LIFE = 60, 5, 8
# The longest that anybody may wait, in seconds; a machine that does other work too gets one more for each.
ENDPOINT, STATUS, TOOL, RECOVERY = 5, 5, 25, 60
HELP = re.compile(r"`stsd|hint:|reads it again by itself|tried again")


class Cell:
    """What is found stands in `row`; what does not hold, in `wrong`."""

    def __init__(self, world, kind, state, number):
        self.number = number
        self.world, self.kind, self.state = world, kind, state
        self.row, self.wrong, self.checks = {}, [], 0
        self.stand, self.front = None, None

    def check(self, what, holds, found=""):
        self.checks += 1
        if not holds:
            self.wrong.append(f"{self.kind.name}, {self.state}: {what}: {found}")
        return bool(holds)

    def run(self):
        try:
            # A Unix socket's path is short.
            self.stand = Stand(self.world, f"c{self.number}", **self.kind.stand)
            self.front = self.stand.front
            self._run()
        except (Failure, OSError, ValueError, LookupError, TypeError, AttributeError, SubprocessError) as failure:
            words = self.stand.words() if self.stand and self.stand.log.exists() else ""
            self.check("the cell itself", False, repr(failure) + words)
        finally:
            self._clean()
        return self

    def _run(self):
        kind, stand = self.kind, self.stand
        if kind.before:
            kind.before(self)
        stand.start_daemon(**kind.daemon(self) if kind.daemon else {})
        stand.remember()
        unlock = self._enter()
        kind.begin(self)
        self._wait_for_the_state()
        self._ask(unlock)
        self.check("the daemon lives" if not kind.ends else "the daemon has ended", stand.lives() != kind.ends)
        kind.heal(self)
        self.front.heal()
        self.world.heal()
        self._recover()
        self._search()

    def _clean(self):
        try:
            self.kind.clean(self)
        except (OSError, ValueError, AttributeError, SubprocessError) as failure:
            self.check("the cell's end", False, repr(failure))
        finally:
            self.world.heal()
            if self.stand:
                self.stand.stop()

    # Into the state.

    def _enter(self):
        stand, state = self.stand, self.state
        self.issued = time.monotonic()
        if state == "locked":
            return None
        if state == "unlocking":
            return self._unlock_until(self.kind.hold)
        if state in ("due", "expired"):
            life = DUE_LIFE if state == "due" else SHORT_LIFE
            stand.emulator("fault", f"short-lived={life}s", "--action", "AssumeRole")
        if state == "ended":
            stand.emulator("fault", f"short-lived={SESSION_LIFE}s", "--action", "GetSessionToken")
        self._until_done(stand.unlock)
        if state == "ended":
            self._until(lambda: stand.status()["sessions"][0]["state"] == "ended", "the session never ended", 30)
        if state in ("ready", "due", "expired"):
            self._expect(stand.stsd("credential-process", "prod"))
            self.issued = time.monotonic()
            self.key = self._report().get("expiration")
        # What is given from here on lasts as long as ever.
        stand.emulator("fault", "clear")
        return None

    def _unlock_until(self, action):
        """An unlock whose request of this name has reached STS, and has no answer yet."""
        self.front.hold(action)
        pool = ThreadPoolExecutor(1)
        unlock = pool.submit(self.stand.unlock)
        if not self.front.arrived.wait(30):
            raise Failure(f"{action} never came")
        return unlock

    def _wait_for_the_state(self):
        """Until the renewal has been tried, or the credentials have ended."""
        if self.state == "due":
            end = self.issued + DUE_LIFE / 2 + 2
            time.sleep(max(0.0, self.issued + DUE_LIFE * 0.44 - time.monotonic()))
            while time.monotonic() < end and self.stand.lives() and not self.kind.stops:
                report = self._report()
                if report.get("last_error") or report.get("expiration") not in (None, self.key):
                    return
                time.sleep(0.2)
        if self.state == "expired" or self.kind.stops:
            life = {"due": DUE_LIFE / 2 + 1, "expired": SHORT_LIFE + 0.3}.get(self.state, 0)
            time.sleep(max(0.0, self.issued + life - time.monotonic()))

    def _report(self):
        return self.stand.profile() or {}

    # The questions.

    def _ask(self, unlock):
        stand = self.stand
        if self.state == "due":
            # Before they end: the person's own question may take its time.
            self._tools()
        if unlock:
            self.front.release()
            if self.kind.during:
                self.kind.during(self)
            said = unlock.result()
            self._person("stsd unlock", said, self.kind.longest)
        elif self.state in ("locked", "ended"):
            self._person("stsd unlock", stand.unlock(), self.kind.longest)
        else:
            self._person("stsd whoami prod", stand.stsd("whoami", "prod"), self.kind.longest)
        status = stand.stsd("status")
        self.check(f"`stsd status` within {STATUS} s", status.seconds <= STATUS + 1 or self.kind.stops or self.kind.varies, f"{status.seconds:.1f} s")
        if self.state != "due":
            self._tools()

    def _tools(self):
        if not self.kind.foreign:
            self._endpoint()
        self._tool("endpoint", self.stand.by_endpoint())
        self._tool("view", self.stand.by_view())

    def _person(self, command, said, limit):
        text = said.stderr if said.status else "done"
        self.row["person"] = f"`{command}`: {said.status}, {sentence(text)}" if said.status else f"`{command}`: done"
        self.row["person seconds"] = said.seconds
        self.done = said.status == 0
        self.check(f"`{command}` within {limit} s", said.seconds <= limit + 1, f"{said.seconds:.1f} s: {said.stderr}")
        self.check("it says what to do next", said.status == 0 or HELP.search(said.stderr), said.stderr)

    def _endpoint(self):
        """One raw question: in time, and never anything that has ended."""
        answer = self.stand.endpoint()
        self.check(f"the endpoint answers within {ENDPOINT} s",
                   answer["seconds"] <= ENDPOINT + 1 or self.kind.stops or self.kind.varies, f"{answer['seconds']:.1f} s: {answer.get('body')}")
        if answer.get("status") == 200:
            end = datetime.strptime(answer["body"]["Expiration"], "%Y-%m-%dT%H:%M:%S%z")
            left = (end - datetime.now(UTC)).total_seconds()
            self.check("no Expiration in the past is served", left > 0 or self.kind.clocks, f"{left:.1f} s")
            self.check("nor without keys", answer["body"]["SecretAccessKey"] and answer["body"]["Token"])

    def _tool(self, way, environment):
        answer = self.stand.ask(environment)
        served = "arn" in answer
        text = "served" if served else normal(answer["error"])
        self.row[way], self.row[f"{way} seconds"] = text, answer["seconds"]
        self.check(f"boto3 by the {way} within {TOOL} s", answer["seconds"] <= TOOL + 2, f"{answer['seconds']:.1f} s")
        self.check("nothing that has ended was handed out", "(ExpiredToken) when calling" not in text, text)
        self.stand.said.append(text)
        if self.state == "ready" and not self.kind.cuts:
            self.check(f"fresh credentials go on being served by the {way}", served, text)
        if self.state == "due" and not self.kind.cuts:
            self.check(f"credentials that are due go on being served by the {way}", served, text)

    # Afterwards.

    def _recover(self):
        stand, start = self.stand, time.monotonic()
        typed = []
        if not stand.lives():
            stand.start_daemon()
            typed.append("stsd service start")
        elif stand.status() is None:
            stand.daemon.terminate()
            stand.daemon.wait(30)
            stand.start_daemon()
            typed.append("stsd service restart")
        error = (self._report().get("last_error") or {}).get("code")
        if error in ("StsdDenied", "StsdVersionMismatch"):
            # A refusal stops until a person has done something; what is held is served to its end.
            typed.append("stsd refresh prod")
            stand.stsd("refresh", "prod")
        if not self._works():
            state = (stand.status() or {"sessions": [{"state": "?"}]})["sessions"]
            if not state or state[0]["state"] not in ("unlocked", "expiring"):
                typed.append("stsd unlock")
                self._until_done(stand.unlock)
        works = self._until_quietly(self._works, RECOVERY)
        if not works:
            typed.append("stsd refresh prod")
            stand.stsd("refresh", "prod")
            works = self._works()
        self.check("recovered within 60 s", works and time.monotonic() - start <= RECOVERY + 5,
                   f"{time.monotonic() - start:.0f} s: {self.last}")
        self.row["afterwards"] = ", then ".join(f"`{word}`" for word in typed) or "by itself"
        answers = []
        again = lambda: answers.append(stand.ask(stand.by_endpoint())) or "arn" in answers[-1]
        self.check("boto3 works again by the endpoint", self._until_quietly(again, RECOVERY), answers[-1].get("error"))

    def _works(self):
        said = self.stand.stsd("credential-process", "prod")
        self.last = said.stderr
        if said.status == 0:
            self.stand.front.secrets.add(json.loads(said.stdout)["SecretAccessKey"])
        return said.status == 0

    def _until_done(self, action):
        """Types it again until it works; returns the last."""
        deadline = time.monotonic() + RECOVERY
        said = action()
        while said.status != 0 and time.monotonic() < deadline:
            time.sleep(0.5)
            said = action()
        self.check("unlocks within 60 s", said.status == 0, said.stderr)
        return said

    def _search(self):
        """No secret in any text, in the daemon's log at trace, or in a file that is not there for it."""
        stand = self.stand
        texts = "\n".join([stand.log.read_text(errors="replace"), *stand.said])
        keys = (stand.home / ".aws/credentials").read_text() if (stand.home / ".aws/credentials").exists() else ""
        secrets = self.front.secrets | set(re.findall(r"secret_access_key\s*=\s*(\S+)", keys)) | {stand.token}
        # What a fault has cut short could be found by chance.
        kinds = {needle: kind for secret in secrets if len(secret) >= PIECE for kind, needle in forms(secret) if kind != "piece"}
        for place, text in [("a text or in the log", texts.encode()), *stand.files()]:
            found = sorted({kind for needle, kind in kinds.items() if needle in text})
            self.check(f"no secret in {place}", not found, found)
        # The fractions of seconds of the log have six digits too.
        codes = [code for code in stand.codes if re.search(rf"(?<![\d.]){code}(?!\d)", texts)]
        self.check("no token code in a text or in the log", not codes, codes)

    def _expect(self, said):
        if said.status != 0:
            raise Failure(f"exit {said.status}: {said.stderr}")

    def _until(self, holds, otherwise, seconds):
        if not self._until_quietly(holds, seconds):
            raise Failure(otherwise)

    def _until_quietly(self, holds, seconds):
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        return True
