"""The clients: how each is asked who it is, which buckets there are, and by which profile."""

from dataclasses import dataclass, field

from .process import Ran


@dataclass
class Client:
    """One client. Its program takes `identity`, `both` or `serve`, then perhaps `--profile NAME`."""

    name: str
    version: str
    command: list
    # Whether it shows what the endpoint's answer says when that is no; whether it shows the view's.
    shows_endpoint: bool
    shows_view: bool = True
    # What a view that says no may take, in seconds: without a wait of the SDK's own.
    patience: float = 2.0
    serves: bool = True
    # Whether it goes on to the endpoint, and so to another identity, where the profile named gives nothing.
    falls_through: bool = False
    # Where its runtime keeps things; never anything that an SDK reads.
    environment: dict = field(default_factory=dict)

    def identity(self, environment, profile=None, around=()):
        """Its GetCallerIdentity."""
        return self._run("identity", environment, profile, around)

    def both(self, environment, profile=None, around=()):
        """GetCallerIdentity, then ListBuckets: the ARN, the buckets, the seconds."""
        ran = self._run("both", environment, profile, around).expect()
        arn, buckets = ran.stdout.splitlines()
        return arn, buckets.split(), ran.seconds

    def serving(self):
        """The command that asks again at each line of standard input."""
        return [*self.command, "serve"]

    def _run(self, mode, environment, profile, around):
        named = ["--profile", profile] if profile else []
        return Ran([*around, *self.command, mode, *named], environment | self.environment)


class Cli(Client):
    """An AWS CLI: a process a question."""

    def identity(self, environment, profile=None, around=()):
        return self._aws("sts get-caller-identity --query Arn --output text", environment, profile, around)

    def both(self, environment, profile=None, around=()):
        identity = self.identity(environment, profile, around).expect()
        listing = self._aws("s3 ls", environment, profile, around).expect()
        buckets = [line.split()[-1] for line in listing.stdout.splitlines()]
        return identity.stdout.strip(), buckets, identity.seconds + listing.seconds

    def _aws(self, words, environment, profile, around):
        named = ["--profile", profile] if profile else []
        return Ran([*around, *self.command, *words.split(), *named], environment | self.environment)


def boto3(installer):
    place = installer.python("boto3")
    program = [place / "bin" / "python", installer.source("boto3") / "client.py"]
    return Client("boto3", installer.pinned("boto3", "boto3"), program, shows_endpoint=True)


def aws_cli_v1(installer):
    place = installer.python("aws-cli-v1")
    version = installer.pinned("aws-cli-v1", "awscli")
    return Cli("aws-cli-v1", version, [place / "bin" / "aws"], shows_endpoint=True, serves=False)


def aws_cli_v2(installer):
    program = next(installer.aws_cli_v2("aws-cli-v2").rglob("dist/aws"))
    version = program.parent.parent.name
    return Cli("aws-cli-v2", version, [program], shows_endpoint=True, serves=False)


def rust(installer):
    program = installer.rust("rust")
    return Client("rust", installer.locked_crate("rust", "aws-config"), [program], shows_endpoint=False)


def javascript(installer):
    place = installer.javascript("javascript")
    version = installer.locked_package("javascript", "@aws-sdk/client-sts")
    command = ["/usr/bin/env", "node", place / "client.mjs"]
    # It asks the view, then the endpoint four times in three seconds, and shows what neither said.
    quirks = {"shows_endpoint": False, "shows_view": False, "patience": 6.0, "falls_through": True}
    return Client("javascript", version, command, **quirks)


def go(installer):
    version = installer.locked_module("go", "github.com/aws/aws-sdk-go-v2/config")
    return Client("go", version, [installer.go("go")], shows_endpoint=True)


# By the names that `run` takes, in the order of its tables.
CLIENTS = {
    "boto3": boto3,
    "aws-cli-v1": aws_cli_v1,
    "aws-cli-v2": aws_cli_v2,
    "rust": rust,
    "javascript": javascript,
    "go": go,
}
