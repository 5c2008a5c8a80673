"""How a client is asked who it is, which buckets there are, and by which profile; and what is known of it."""

from dataclasses import dataclass, field, replace

from .process import DEADLINE, Ran
from .stand import PROD


@dataclass
class Instead:
    """A way that a client does not have: who signs when it is tried, and what its user does instead."""

    # `prod`, the shell's profile, or `nobody`, where it ends with an error.
    signs: str
    happens: str
    use: str


@dataclass
class Client:
    """One client. Its program takes `identity`, `both` or `serve`, then perhaps `--profile NAME`."""

    name: str
    title: str
    version: str
    command: list
    # Whether it shows what the endpoint's answer says when that is no; whether it shows the view's.
    shows_endpoint: bool
    shows_view: bool = True
    # What a view that says no may take, in seconds: without a wait of the SDK's own.
    patience: float = 2.0
    # What anything may take.
    deadline: float = DEADLINE
    serves: bool = True
    # Whether it knows the view at all, and so profiles.
    knows_profiles: bool = True
    # Whether it goes on to the endpoint, and so to another identity, where the profile named gives nothing.
    falls_through: bool = False
    # The ways that it does not have, by the names in ways.py.
    instead: dict = field(default_factory=dict)
    # Where its runtime keeps things; never anything that an SDK reads.
    environment: dict = field(default_factory=dict)
    # How it is told where AWS is, if it reads neither AWS_ENDPOINT_URL nor the profile's endpoint_url.
    endpoint_variables: tuple = ()

    # What it asks AWS, by the emulator's names.
    actions: tuple = ("GetCallerIdentity", "ListBuckets")

    def at(self, url):
        """The same client, told where AWS is."""
        return replace(self, environment=self.environment | dict.fromkeys(self.endpoint_variables, url))

    # How many lines an answer has.
    lines = 2

    def identity(self, environment, profile=None, around=()):
        """Its GetCallerIdentity."""
        return self._run("identity", environment, profile, around)

    def both(self, environment, identity, profile=None, around=()):
        """GetCallerIdentity, then ListBuckets: whether they say what is known of the identity, and the run."""
        ran = self._run("both", self.environment_for(environment, identity), profile, around).expect()
        return self.right(ran.stdout.splitlines(), identity), ran

    def right(self, lines, identity):
        """Whether this is the answer."""
        return lines == [identity.arn, " ".join(identity.buckets)]

    def serving(self, identity, environment):
        """The command that asks again at each line of standard input, and its environment."""
        return [*self.command, "serve"], self.environment_for(environment, identity)

    def environment_for(self, environment, identity):
        """The way under test, and what the program needs beside it."""
        return environment | self.environment

    def _run(self, mode, environment, profile, around):
        named = ["--profile", profile] if profile else []
        command = [*around, *self.command, mode, *named]
        return Ran(command, environment | self.environment, deadline=self.deadline)


class Cli(Client):
    """An AWS CLI: a process a question."""

    def identity(self, environment, profile=None, around=()):
        return self._aws("sts get-caller-identity --query Arn --output text", environment, profile, around)

    def both(self, environment, identity, profile=None, around=()):
        asked = self.identity(environment, profile, around).expect()
        listing = self._aws("s3 ls", environment, profile, around).expect()
        listing.seconds += asked.seconds
        buckets = " ".join(line.split()[-1] for line in listing.stdout.splitlines())
        return self.right([asked.stdout.strip(), buckets], identity), listing

    def _aws(self, words, environment, profile, around):
        named = ["--profile", profile] if profile else []
        return Ran([*around, *self.command, *words.split(), *named], environment | self.environment)


class Store(Client):
    """A client of S3 alone: it writes an object and reads it, and cannot say who it is."""

    content = "one object, written and read"
    lines = 1

    def identity(self, environment, profile=None, around=()):
        return self._run("both", self.environment_for(environment, PROD), None, around)

    def right(self, lines, identity):
        return lines == [self.content]

    def environment_for(self, environment, identity):
        return environment | self.environment | {"INTEROP_BUCKET": identity.buckets[0]}
