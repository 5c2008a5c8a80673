"""What a client prints, how long it takes and how often it asks when stsd says no, by each of its ways; and that the
desktop and `stsd status` say it where the client does not."""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Callable

from ..normal import shown
from ..process import ALONE
from ..stand import PROD

TABLE = "When the answer is no: the line of what the client prints that says why, else the last"
HEADING = ["client", "case", "way", "exit", "seconds", "requests", "text"]
THROTTLE = ("throttle", "--action", "AssumeRole", "--role-arn", "arn:aws:iam::444455556666:role/hub")
# However many profiles are refused in ten minutes.
MOST_NOTICES = 5


@dataclass
class Case:
    """Why the answer is no, and which words of the hint must reach a person."""

    name: str
    profile: str
    hint: str
    around: Callable = lambda stand: nullcontext()
    # Whether the desktop hears of it, and whether `stsd status` tells it afterwards.
    notice: bool = True
    status: bool = True
    # Without a daemon the endpoint has nobody to speak for it.
    endpoint_speaks: bool = True


LOCKED = [Case("locked", "prod", "run `stsd unlock`")]
UNLOCKED = [
    Case("denied by STS", "forbidden", "run `stsd refresh forbidden`"),
    Case("unknown profile", "nosuch", "run `stsd profiles`", status=False),
    Case("profile loop", "loop", ".aws/config"),
    Case("STS down", "offline", "run `stsd status`"),
    # The sixth within ten minutes: the desktop has heard enough.
    Case("STS throttles", "hub", "run `stsd status`", lambda stand: stand.emulator.fault(*THROTTLE), notice=False),
]
STOPPED = [Case("no daemon", "prod", "start it", notice=False, status=False, endpoint_speaks=False)]


class Refusals:
    """Holds the environments of a shell that was made while all was well."""

    def __init__(self, client, stand, report):
        self.client, self.stand, self.report = client, stand, report
        self.endpoint, self.view = stand.endpoint("prod"), stand.shell("prod")

    def run(self, cases):
        """Asks by each way in each case."""
        for case in cases:
            with case.around(self.stand):
                uri = self.endpoint["AWS_CONTAINER_CREDENTIALS_FULL_URI"].rsplit("/", 1)[0]
                this = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{uri}/{case.profile}"}
                self._one(case, "view", self.view | this | {"STSD_PROFILE": case.profile})
                self._one(case, "endpoint", self.endpoint | this)
                if case in LOCKED:
                    self._one(case, "profile", self.view, "staging")
                    self._one(case, "AWS_PROFILE", self.view | {"AWS_PROFILE": "staging"})
                    self._static(case)
            self._elsewhere(case)

    def another_profile(self):
        """In a shell for one profile, another that is named and denied: what signs then?"""
        if not self.client.knows_profiles:
            return
        case = Case("denied, named in a shell for prod", "forbidden", "run `stsd refresh forbidden`")
        ran = self._ask(case, "profile", self.view, case.profile)
        if ran is None:
            return
        what = f"{self.client.name}, {case.name}"
        if self.client.falls_through:
            # Nothing of ours can stop it; should it ever stop by itself, the README is to say so.
            self.report.check(f"{what}: still signs as prod", ran.stdout.strip() == PROD.arn, ran.last_line())
        else:
            self._judge(case, "profile", what, ran)
        self.report.fact(self.client.name, "falls through", self.client.falls_through)

    def notices(self):
        """At the end: one for each reason, however often a client asked; and not one more than there may be."""
        for case in [*LOCKED, *UNLOCKED]:
            found = self._notices(case)
            self.report.check(f"{self.client.name}, {case.name}: notices", len(found) == int(case.notice), found)
        everything = self.stand.notices("")
        self.report.check(f"{self.client.name}: notices in all", len(everything) == MOST_NOTICES, everything)

    def _static(self, case):
        """Who asks for keys is told by stsd itself, and his shell is given nothing to evaluate."""
        ran = self.stand.stsd("env", "prod", "--static")
        right = ran.status == 77 and not ran.stdout and case.hint in ran.stderr
        self.report.check(f"{self.client.name}, {case.name}, static: no keys", right, ran.stderr)
        self.report.tell(self.client.name, f"{case.name}, static", shown(ran, case.hint))

    def _elsewhere(self, case):
        """What a person reads who sees nothing of what the client was told."""
        what = f"{self.client.name}, {case.name}"
        if case.notice:
            came = self.stand.noticed(case.hint)
            self.report.check(f"{what}: the desktop shows what to do", came and self._notices(case))
        if case.status:
            status = self.stand.stsd("status").expect().stdout
            self.report.check(f"{what}: `stsd status` shows what to do", case.hint in status, status)

    def _notices(self, case):
        return [line for line in self.stand.notices(case.hint) if f"profile {case.profile}" in line]

    def _one(self, case, way, environment, profile=None):
        ran = self._ask(case, way, environment, profile)
        if ran is not None:
            self._judge(case, way, f"{self.client.name}, {case.name}, {way}", ran)

    def _ask(self, case, way, environment, profile=None):
        before = self.stand.requests()
        what = f"{self.client.name}, {case.name}, {way}"
        with ALONE if self._by_the_view(way) and self.client.shows_view else nullcontext():
            ran = self.report.attempt(what, lambda: self.client.identity(environment, profile))
        if ran is not None:
            requests = self.stand.requests() - before
            if self._by_the_view(way) and self.client.shows_view:
                # An SDK that waits does so to ask again.
                self.report.check(f"{what}: asks once at most", requests <= 1, requests)
            said = shown(ran, case.hint)
            row = (self.client.title, case.name, way, ran.status, f"{ran.seconds:.2f}", requests, said)
            self.report.row(TABLE, *row)
            if case in LOCKED:
                self.report.tell(self.client.name, f"locked, {way}", said)
        return ran

    def _judge(self, case, way, what, ran):
        check, client = self.report.check, self.client
        check(f"{what}: fails, and prints nothing on standard output", ran.status != 0 and not ran.stdout, ran.stdout)
        if self._by_the_view(way):
            check(f"{what}: within {client.patience} s", ran.unstarved < client.patience, f"{ran.seconds:.2f} s")
        shows = client.shows_view if self._by_the_view(way) else client.shows_endpoint and case.endpoint_speaks
        if shows:
            check(f"{what}: says what to do", case.hint in ran.stderr, ran.last_line())
        elif case in LOCKED:
            # What is told of a client must not be less than it does.
            check(f"{what}: hides what to do", case.hint not in ran.stderr, ran.last_line())

    def _by_the_view(self, way):
        """Whether the answer comes by way of the view's credential_process."""
        return way != "endpoint" and self.client.knows_profiles
