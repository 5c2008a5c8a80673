"""Whoever asks again and again: in one process where the client can, else in a process for each call."""

import subprocess

from .process import Child


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


def people(clients, stand, identity):
    """For each client one by the endpoint, and one in a shell after `stsd env`."""
    found = []
    for client in clients:
        kind = Lasting if client.serves else Fleeting
        for way, environment in (
            ("endpoint", stand.endpoint(identity.profile)),
            ("view", stand.shell(identity.profile)),
        ):
            found.append(kind(client, way, environment, identity, stand.folder))
    return found
