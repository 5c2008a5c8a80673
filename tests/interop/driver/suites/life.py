"""What happens to a session while programs have its credentials: few minutes left, `unlock`, `lock`, a role that lives
for a quarter of an hour."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from ..normal import normal
from ..people import Lasting, people
from ..process import DEADLINE, Failure
from ..stand import ALICE, PROD, QUARTER

TABLE = "In the middle of things"
HEADING = ["client", "way", "what", "calls", "fetched", "then"]
GOES_ON = "goes on"
LOCKED = "run `stsd unlock`"
# Long enough that everybody has called before it ends.
SHORT = 20


def run_out(clients, stand, report):
    """Ten minutes left, then an early `unlock`; and a role of a quarter of an hour."""
    with stand.emulator.fault("short-lived=10m", "--action", "GetSessionToken"):
        stand.unlock()
    with people(clients, stand, ALICE) as books:
        everybody(books, report, "ten minutes left", 2)
        old = {key for book in books for key in book.keys}
        for book in books:
            row(report, book, "ten minutes left", "")
        stand.unlock()
        report.check("unlock in the middle: the next to ask gets the new session", key(stand, ALICE) not in old)
        everybody(books, report, "unlock in the middle", 1)
    for book in books:
        row(report, book, "unlock in the middle", "the new session" if book.keys[-1] not in old else "the old session")
    quarter(clients, stand, report)


def quarter(clients, stand, report):
    """Credentials that are never more than a quarter of an hour from their end: some clients ask each time."""
    with people(clients, stand, QUARTER) as books:
        everybody(books, report, "a role of 15 minutes", 3)
    for book in books:
        row(report, book, "a role of 15 minutes", "")
    minutes = left(stand, QUARTER) / 60
    # Renewed at half of its life; a little of either is for the time that the test takes.
    report.check("a role of 15 minutes: between half of them and all are left", 7 <= minutes <= 15, minutes)
    assumed = [e for e in stand.emulator.entries() if e["action"] == "AssumeRole" and e["duration_seconds"] == 900]
    report.check("a role of 15 minutes: assumed once", len(assumed) == 1, assumed)


def lock(clients, stand, report):
    """What was handed out goes on until its end, and not longer."""
    stand.unlock()
    with people(clients, stand, PROD) as books:
        everybody(books, report, "before the lock", 1)
        stand.stsd("lock").expect()
        for book in books:
            lasts = isinstance(book.person, Lasting)
            said = after_lock(book, book.ask)
            right = said == GOES_ON if lasts else LOCKED in said
            report.check(f"lock in the middle, {book.name()}: {GOES_ON if lasts else 'reads locked'}", right, said)
            row(report, book, "lock in the middle", said)
    with stand.emulator.fault(f"short-lived={SHORT}s", "--action", "AssumeRole"):
        stand.unlock()
        with people([client for client in clients if client.serves], stand, PROD) as books:
            # While the last of them start, the first are already given new ones.
            everybody(books, report, "before the lock", 1)
            stand.stsd("lock").expect()
            until_the_end(books, stand, report)


def until_the_end(books, stand, report):
    """Everybody asks until everybody was refused, which is when their credentials have ended, at the latest."""
    locked = time.monotonic()
    with ThreadPoolExecutor(len(books)) as pool:
        ends = list(pool.map(lambda book: the_end(book, locked), books))
    for book, (seconds, said) in zip(books, ends):
        client = book.person.client
        by_the_view = book.person.way == "view" and client.knows_profiles
        shows = client.shows_view if by_the_view else client.shows_endpoint
        report.check(f"lock, {book.name()}: ends", said != GOES_ON, f"after {seconds:.0f} s it goes on")
        report.check(f"lock, {book.name()}: ends with the reason", LOCKED in said or not shows, said)
        row(report, book, "lock, and then the end", f"after {seconds:.0f} s: {said}")
    outcomes = {entry["outcome"] for entry in stand.emulator.entries()}
    report.check("lock: nobody signed with what had ended", outcomes == {"Success"}, outcomes)


def the_end(book, locked):
    """When it came, and what was said then."""
    said = GOES_ON
    while said == GOES_ON and time.monotonic() < locked + DEADLINE:
        time.sleep(0.2)
        said = after_lock(book, book.person.call)
    return time.monotonic() - locked, said


def after_lock(book, ask):
    """Whether it goes on, or what it says instead."""
    try:
        return GOES_ON if ask() else "a wrong answer"
    except Failure as failure:
        if not isinstance(book.person, Lasting):
            return normal(str(failure))
        lines = [line.strip() for line in book.person.last_words().splitlines() if line.strip()]
        return normal(next((line for line in reversed(lines) if LOCKED in line), lines[-1] if lines else ""))


def everybody(books, report, what, times):
    """So many calls of everybody, all of them right."""
    for _ in range(times):
        for book in books:
            right = report.attempt(f"{what}, {book.name()}", book.ask)
            report.check(f"{what}, {book.name()}: the answer, and who signed", right, book.keys)


def row(report, book, what, then):
    """A line of the table."""
    report.row(TABLE, book.person.client.title, book.person.way, what, book.calls, book.fetched, then)


def key(stand, identity):
    """The access key id that the next to ask is given."""
    return json.loads(stand.stsd("credential-process", identity.profile).expect().stdout)["AccessKeyId"]


def left(stand, identity):
    """How many seconds the next to ask is given."""
    answer = json.loads(stand.stsd("credential-process", identity.profile).expect().stdout)
    return (datetime.fromisoformat(answer["Expiration"]) - datetime.now(UTC)).total_seconds()
