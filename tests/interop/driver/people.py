"""Whoever asks again and again: in one process where the client can, else in a process for each call."""

import subprocess
from contextlib import contextmanager

from .process import Child


class Book:
    """What one of them did, by the daemon's log and the emulator's journal."""

    def __init__(self, person, stand):
        self.person, self.calls, self.fetched, self.keys = person, 0, 0, []
        self._stand = stand

    def ask(self):
        """One call; whether the answer is right, and signed by this identity alone. A failure if there is none."""
        seen, fetched = len(self._stand.emulator.entries()), self._stand.requests()
        right = self.person.call()
        entries = [e for e in self._stand.emulator.entries()[seen:] if e["action"] in self.person.client.actions]
        self.calls += 1
        self.fetched += self._stand.requests() - fetched
        self.keys += [entry["access_key_id"] for entry in entries]
        return right and {entry["principal"] for entry in entries} == {self.person.identity.arn}

    def name(self):
        """For messages."""
        return f"{self.person.client.name}, {self.person.way}"


class Lasting:
    """One process for as long as it takes."""

    kind = "one for all calls"

    def __init__(self, client, way, environment, identity, folder):
        self.client, self.way, self.identity = client, way, identity
        command, variables = client.serving(identity, environment)
        log = folder / f"{client.name}-{way}-{identity.profile}.log"
        self._child = Child(command, variables, log, subprocess.PIPE)

    def call(self):
        """Asks once; whether the answer is right. A failure if there is none."""
        self._child.say("both")
        return self.client.right([self._child.line() for _ in range(self.client.lines)], self.identity)

    def last_words(self):
        """What it said before it ended."""
        return self._child.log.read_text(errors="replace")

    def stop(self):
        self._child.stop()


class Fleeting:
    """A process for each call."""

    kind = "one for each call"

    def __init__(self, client, way, environment, identity, folder):
        self.client, self.way, self.identity, self._environment = client, way, identity, environment

    def call(self):
        """Asks once; whether the answer is right. A failure if there is none."""
        return self.client.both(self._environment, self.identity)[0]

    def stop(self):
        pass


@contextmanager
def people(clients, stand, identity):
    """Books for each client: one who has the endpoint, and one in a shell after `stsd env`."""
    found = []
    try:
        for client in clients:
            kind = Lasting if client.serves else Fleeting
            client = client.at(stand.emulator.url)
            for way, environment in (
                ("endpoint", stand.endpoint(identity.profile)),
                ("view", stand.shell(identity.profile)),
            ):
                found.append(Book(kind(client, way, environment, identity, stand.folder), stand))
        yield found
    finally:
        for book in found:
            book.person.stop()
