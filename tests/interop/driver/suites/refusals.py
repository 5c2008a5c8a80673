"""What a client prints, how long it takes and how often it asks when stsd says no; by the endpoint and by the view."""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Callable

from ..process import ALONE
from ..stand import PROD

TABLE = "When the answer is no: the last line of what the client prints"
HEADING = ["client", "case", "way", "exit", "seconds", "requests", "text"]
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
                uri = self.endpoint["AWS_CONTAINER_CREDENTIALS_FULL_URI"].rsplit("/", 1)[0]
                this = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{uri}/{case.profile}"}
                self._one(case, "view", self.view | this | {"STSD_PROFILE": case.profile})
                self._one(case, "endpoint", self.endpoint | this)

    def another_profile(self):
        """In a shell for one profile, another that is named and denied: what signs then?"""
        if not self.client.knows_profiles:
            return
        case = Case("denied, named in a shell for prod", "forbidden", "run `stsd refresh forbidden`")
        ran = self._ask(case, "view", self.view, case.profile)
        if ran is None:
            return
        what = f"{self.client.name}, {case.name}"
        if self.client.falls_through:
            # Nothing of ours can stop it; should it ever stop by itself, the README is to say so.
            self.report.check(f"{what}: still signs as prod", ran.stdout.strip() == PROD.arn, ran.last_line())
        else:
            self._judge(case, "view", what, ran)

    def reads_the_view(self, way):
        """Whether the answer comes by way of the view's credential_process."""
        return way == "view" and self.client.knows_profiles

    def _one(self, case, way, environment):
        ran = self._ask(case, way, environment)
        if ran is not None:
            self._judge(case, way, f"{self.client.name}, {case.name}, {way}", ran)

    def _ask(self, case, way, environment, profile=None):
        before = self.stand.requests()
        what = f"{self.client.name}, {case.name}, {way}"
        with ALONE if self.reads_the_view(way) and self.client.shows_view else nullcontext():
            ran = self.report.attempt(what, lambda: self.client.identity(environment, profile))
        if ran is not None:
            requests = self.stand.requests() - before
            if self.reads_the_view(way) and self.client.shows_view:
                # An SDK that waits does so to ask again.
                self.report.check(f"{what}: asks once at most", requests <= 1, requests)
            said = ran.last_line() if ran.status else ran.stdout.strip()
            row = (self.client.title, case.name, way, ran.status, f"{ran.seconds:.2f}", requests, said)
            self.report.row(TABLE, *row)
        return ran

    def _judge(self, case, way, what, ran):
        check, client = self.report.check, self.client
        check(f"{what}: fails, and prints nothing on standard output", ran.status != 0 and not ran.stdout, ran.stdout)
        if way == "view" and client.knows_profiles:
            check(f"{what}: within {client.patience} s", ran.unstarved < client.patience, f"{ran.seconds:.2f} s")
        if client.shows_view if self.reads_the_view(way) else client.shows_endpoint and case.endpoint_speaks:
            check(f"{what}: says what to do", case.hint in ran.stderr, ran.last_line())
