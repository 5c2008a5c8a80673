"""What a client prints, how long it takes and how often it asks when stsd says no; by the endpoint and by the view."""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Callable

TABLE = "When the answer is no: the last line of what the client prints"
HEADING = ["case", "client", "way", "exit", "seconds", "requests", "text"]
THROTTLE = ("throttle", "--action", "AssumeRole", "--role-arn", "arn:aws:iam::444455556666:role/hub")


@dataclass
class Case:
    """Why the answer is no, and which words of the hint must reach a person."""

    name: str
    profile: str
    hint: str
    around: Callable = lambda stand: nullcontext()
    # Without a daemon the endpoint has nobody to speak for it.
    endpoint_speaks: bool = True


LOCKED = [Case("locked", "prod", "run `stsd unlock`")]
UNLOCKED = [
    Case("denied by STS", "forbidden", "run `stsd refresh forbidden`"),
    Case("unknown profile", "nosuch", "run `stsd profiles`"),
    Case("profile loop", "loop", ".aws/config"),
    Case("STS down", "offline", "run `stsd status`"),
    Case("STS throttles", "hub", "run `stsd status`", lambda stand: stand.emulator.fault(*THROTTLE)),
]
STOPPED = [Case("no daemon", "prod", "start it", endpoint_speaks=False)]


class Refusals:
    """Holds the environments of a shell that was made while all was well."""

    def __init__(self, client, stand, report):
        self.client, self.stand, self.report = client, stand, report
        self.endpoint, self.view = stand.endpoint("prod"), stand.shell("prod")

    def run(self, cases):
        """Asks by both ways in each case."""
        for case in cases:
            with case.around(self.stand):
                self._one(case, "view", self.view | {"STSD_PROFILE": case.profile})
                uri = self.endpoint["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
                uri = uri.rsplit("/", 1)[0] + "/" + case.profile
                self._one(case, "endpoint", self.endpoint | {"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri})

    def _one(self, case, way, environment):
        what = f"{self.client.name}, {case.name}, {way}"
        before = self.stand.requests()
        ran = self.report.attempt(what, lambda: self.client.identity(environment))
        if ran is None:
            return
        requests = self.stand.requests() - before
        row = (case.name, self.client.name, way, ran.status, f"{ran.seconds:.2f}", requests, ran.last_line())
        self.report.row(TABLE, *row)
        self._judge(case, way, what, ran)

    def _judge(self, case, way, what, ran):
        check, client = self.report.check, self.client
        check(f"{what}: fails, and prints nothing on standard output", ran.status != 0 and not ran.stdout, ran.stdout)
        if way == "view":
            check(f"{what}: within {client.patience} s", ran.seconds < client.patience, f"{ran.seconds:.2f} s")
        speaks = client.shows_view if way == "view" else client.shows_endpoint and case.endpoint_speaks
        if speaks:
            check(f"{what}: says what to do", case.hint in ran.stderr, ran.last_line())
