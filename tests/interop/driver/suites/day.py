"""A day with short lifetimes: whoever has the variables works on over the ends of credentials, for one token code."""

import subprocess
import time

from ..process import DEADLINE, Child, Failure
from ..stand import PROD
from .ways import ASKED

TABLE = "A day with credentials that live 4 seconds"
HEADING = ["client", "process", "way", "calls", "credentials used"]
LIFETIME = 4
EXPIRATIONS = 3


class Lasting:
    """One process for the whole day."""

    kind = "one for the whole day"

    def __init__(self, client, way, environment, folder):
        self.client, self.way, self.calls, self.keys = client, way, 0, set()
        log = folder / f"{client.name}-{way}.log"
        self._child = Child(client.serving(), environment | client.environment, log, subprocess.PIPE)

    def call(self):
        self._child.say("both")
        arn, _ = self._child.line(), self._child.line()
        return arn

    def stop(self):
        self._child.stop()


class Fleeting:
    """A process for each call."""

    kind = "one for each call"

    def __init__(self, client, way, environment, folder):
        self.client, self.way, self.calls, self.keys = client, way, 0, set()
        self._environment = environment

    def call(self):
        return self.client.both(self._environment)[0]

    def stop(self):
        pass


def run(clients, stand, report):
    """Everybody calls in turn until everybody has outlived three sets of credentials."""
    with stand.emulator.fault(f"short-lived={LIFETIME}s", "--action", "AssumeRole"):
        stand.unlock()
        people = []
        try:
            for client in clients:
                kind = Lasting if client.serves else Fleeting
                people.append(kind(client, "endpoint", stand.endpoint("prod"), stand.folder))
                people.append(kind(client, "view", stand.shell("prod"), stand.folder))
            report.attempt("the day", lambda: live(people, stand, report))
        finally:
            for person in people:
                person.stop()
    entries = stand.emulator.entries()
    for person in people:
        report.row(TABLE, person.client.name, person.kind, person.way, person.calls, len(person.keys))
    unlocks = sum(entry["action"] == "GetSessionToken" for entry in entries)
    report.check("the day: exactly one GetSessionToken", unlocks == 1, unlocks)
    failed = [entry for entry in entries if entry["outcome"] != "Success"]
    report.check("the day: the emulator refused nothing", not failed, failed)


def live(people, stand, report):
    """Calls until the time and the number of credentials are reached; any error ends it."""
    start = time.monotonic()
    while time.monotonic() < start + EXPIRATIONS * LIFETIME + 1 or any(len(p.keys) <= EXPIRATIONS for p in people):
        if time.monotonic() > start + 2 * DEADLINE:
            raise Failure(f"no new credentials: {[(p.client.name, p.way, len(p.keys)) for p in people]}")
        for person in people:
            seen = len(stand.emulator.entries())
            arn = person.call()
            person.calls += 1
            report.check(f"the day, {person.client.name}, {person.way}", arn == PROD, arn)
            person.keys |= {e["access_key_id"] for e in stand.emulator.entries()[seen:] if e["action"] in ASKED}
