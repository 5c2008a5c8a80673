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
        with people(clients, stand, PROD) as books:
            report.attempt("the day", lambda: live(books, report))
    entries = stand.emulator.entries()
    unlocks = sum(entry["action"] == "GetSessionToken" for entry in entries)
    report.check("the day: exactly one GetSessionToken", unlocks == 1, unlocks)
    failed = [entry for entry in entries if entry["outcome"] != "Success"]
    report.check("the day: the emulator refused nothing", not failed, failed)


def live(books, report):
    """Calls until the time and the number of credentials are reached; any error ends it."""
    start = time.monotonic()
    while time.monotonic() < start + EXPIRATIONS * LIFETIME + 1 or any(used(book) <= EXPIRATIONS for book in books):
        if time.monotonic() > start + 10 * DEADLINE:
            raise Failure(f"no new credentials: {[(book.name(), used(book)) for book in books]}")
        for book in books:
            report.check(f"the day, {book.name()}", book.ask(), book.keys)
    for book in books:
        person = book.person
        report.row(TABLE, person.client.title, person.kind, person.way, book.calls, book.fetched, used(book))


def used(book):
    """How many sets of credentials."""
    return len(set(book.keys))
