"""A day with short lifetimes: whoever has the variables works on over the ends of credentials, for one token code."""

import time

from ..people import people
from ..process import DEADLINE, Failure
from ..stand import PROD

TABLE = "A day with credentials that live 4 seconds"
HEADING = ["client", "process", "way", "calls", "fetched", "credentials used"]
LIFETIME = 4
EXPIRATIONS = 3


def run(clients, stand, report):
    """Everybody calls in turn until everybody has outlived three sets of credentials."""
    with stand.emulator.fault(f"short-lived={LIFETIME}s", "--action", "AssumeRole"):
        stand.unlock()
        everybody = people([client.at(stand.emulator.url) for client in clients], stand, PROD)
        try:
            report.attempt("the day", lambda: live(everybody, stand, report))
        finally:
            for person in everybody:
                person.stop()
    entries = stand.emulator.entries()
    unlocks = sum(entry["action"] == "GetSessionToken" for entry in entries)
    report.check("the day: exactly one GetSessionToken", unlocks == 1, unlocks)
    failed = [entry for entry in entries if entry["outcome"] != "Success"]
    report.check("the day: the emulator refused nothing", not failed, failed)


def live(everybody, stand, report):
    """Calls until the time and the number of credentials are reached; any error ends it."""
    books = [(person, Book()) for person in everybody]
    start = time.monotonic()
    while time.monotonic() < start + EXPIRATIONS * LIFETIME + 1 or any(len(b.keys) <= EXPIRATIONS for _, b in books):
        if time.monotonic() > start + 3 * DEADLINE:
            raise Failure(f"no new credentials: {[(p.client.name, p.way, len(b.keys)) for p, b in books]}")
        for person, book in books:
            book.enter(person, stand, report)
    for person, book in books:
        row = (person.client.title, person.kind, person.way, book.calls, book.fetched, len(book.keys))
        report.row(TABLE, *row)


class Book:
    """What one of them did."""

    def __init__(self):
        self.calls, self.fetched, self.keys = 0, 0, set()

    def enter(self, person, stand, report):
        """One call."""
        seen, fetched = len(stand.emulator.entries()), stand.requests()
        right = person.call()
        entries = [e for e in stand.emulator.entries()[seen:] if e["action"] in person.client.actions]
        report.check(f"the day, {person.client.name}, {person.way}", right and signed_by(entries, PROD), entries)
        self.calls += 1
        self.fetched += stand.requests() - fetched
        self.keys |= {entry["access_key_id"] for entry in entries}


def signed_by(entries, identity):
    """Whether somebody asked, and it was this identity alone."""
    return {entry["principal"] for entry in entries} == {identity.arn}
