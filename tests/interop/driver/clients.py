"""The clients, by the names that `run` takes, and what is known of each."""

from .client import Cli, Client, Instead, Store

# What Node says of its own age differs from machine to machine.
NODE = {"environment": {"NODE_NO_WARNINGS": "1"}}
# Of an SDK that reads neither AWS_ENDPOINT_URL nor endpoint_url.
OLD = {"endpoint_variables": ("INTEROP_ENDPOINT",)}


def boto3(installer):
    place = installer.python("boto3")
    program = [place / "bin" / "python", installer.source("boto3") / "client.py"]
    return Client("boto3", "boto3", installer.pinned("boto3", "boto3"), program, shows_endpoint=True)


def aws_cli_v1(installer):
    place = installer.python("aws-cli-v1")
    version = installer.pinned("aws-cli-v1", "awscli")
    return Cli("aws-cli-v1", "AWS CLI v1", version, [place / "bin" / "aws"], shows_endpoint=True, serves=False)


def aws_cli_v2(installer):
    program = next(installer.aws_cli_v2("aws-cli-v2").rglob("dist/aws"))
    version = program.parent.parent.name
    return Cli("aws-cli-v2", "AWS CLI v2", version, [program], shows_endpoint=True, serves=False)


def rust(installer):
    program = installer.rust("rust")
    version = installer.locked_crate("rust", "aws-config")
    return Client("rust", "Rust, aws-config", version, [program], shows_endpoint=False)


def object_store(installer):
    program = installer.rust("object-store")
    version = installer.locked_crate("object-store", "object_store")
    no_profiles = Instead(
        signs="prod",
        happens="it knows no profiles, and signs as the shell's",
        use="`stsd exec NAME -- …`",
    )
    return Store(
        "object-store", "Rust, object_store", version, [program], shows_endpoint=True, knows_profiles=False,
        actions=("PutObject", "GetObject"),
        instead={"profile": no_profiles, "AWS_PROFILE": no_profiles},
        endpoint_variables=("AWS_ENDPOINT_URL",), environment={"AWS_ALLOW_HTTP": "true"},
    )


def javascript(installer):
    place = installer.javascript("javascript", "client.mjs")
    version = installer.locked_package("javascript", "@aws-sdk/client-sts")
    command = ["/usr/bin/env", "node", place / "client.mjs"]
    # It asks the view, then the endpoint four times in three seconds, and shows what neither said.
    quirks = {"shows_endpoint": False, "shows_view": False, "patience": 6.0, "falls_through": True}
    return Client("javascript", "JavaScript SDK v3", version, command, **quirks, **NODE)


def javascript_v2(installer):
    place = installer.javascript("javascript-v2", "client.js")
    version = installer.locked_package("javascript-v2", "aws-sdk")
    command = ["/usr/bin/env", "node", place / "client.js"]
    ignores = Instead(
        signs="prod",
        happens="it asks the endpoint first, and signs as the shell's profile",
        use="`stsd exec NAME -- …`, or `new AWS.ProcessCredentials({ profile })` in the program",
    )
    return Client(
        "javascript-v2", "JavaScript SDK v2", version, command, shows_endpoint=False, shows_view=False, patience=6.0,
        instead={"AWS_PROFILE": ignores}, **OLD, **NODE,
    )


def go(installer):
    version = installer.locked_module("go", "github.com/aws/aws-sdk-go-v2/config")
    return Client("go", "Go SDK v2", version, [installer.go("go")], shows_endpoint=True)


def go_v1(installer):
    version = installer.locked_module("go-v1", "github.com/aws/aws-sdk-go")
    return Client("go-v1", "Go SDK v1", version, [installer.go("go-v1")], shows_endpoint=False, **OLD)


def aws_sdk_go_base(installer):
    version = installer.locked_module("aws-sdk-go-base", "github.com/hashicorp/aws-sdk-go-base/v2")
    program = installer.go("aws-sdk-go-base")
    # It asks who it is before anybody else does.
    actions = ("GetCallerIdentity", "GetCallerIdentity", "ListBuckets")
    title = "aws-sdk-go-base (Terraform)"
    return Client("aws-sdk-go-base", title, version, [program], shows_endpoint=True, actions=actions)


def java(installer):
    place = installer.maven("java")
    version = installer.property("java", "aws.version")
    # A virtual machine that lives for a second has no use for its second compiler.
    quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"]
    command = ["/usr/bin/env", "java", *quick, "-cp", f"{place}/classes:{place}/lib/*", "interop.Client"]
    quirks = {"shows_endpoint": False, "shows_view": False, "patience": 6.0, "falls_through": True}
    return Client("java", "Java SDK v2", version, command, **quirks)


# In the order of the tables.
CLIENTS = {
    "boto3": boto3,
    "aws-cli-v1": aws_cli_v1,
    "aws-cli-v2": aws_cli_v2,
    "javascript": javascript,
    "javascript-v2": javascript_v2,
    "go": go,
    "go-v1": go_v1,
    "aws-sdk-go-base": aws_sdk_go_base,
    "java": java,
    "rust": rust,
    "object-store": object_store,
}
