"""An STS that none of us wrote: moto. It checks little, but it is somebody else's reading of the protocol."""

import re

from ..client import Client
from ..process import Child, Ran

TABLE = "Against moto"
HEADING = ["what", "seconds", "found"]
ASSUMED = re.compile(r"arn:aws:sts::444455556666:assumed-role/elsewhere/\S+")

PROFILES = """
[profile mute]
region = eu-central-1
endpoint_url = {url}

[profile elsewhere]
region = eu-central-1
endpoint_url = {url}
role_arn = arn:aws:iam::444455556666:role/elsewhere
role_session_name = interop
source_profile = mute
"""
KEYS = """
[mute]
aws_access_key_id = AKIAIOSFODNN9EXAMPLE
aws_secret_access_key = mO7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY
"""


def run(installer, stand, report):
    """AssumeRole and GetCallerIdentity through the gateway, and then by a client with what came of it."""
    programs = installer.folder / "moto" / "bin"
    program, python = programs / "moto_server", programs / "python"
    # moto brings a boto3 of its own.
    client = Client("boto3", "boto3", "", [python, installer.source("boto3") / "client.py"], shows_endpoint=True)
    log = stand.folder / "moto.log"
    moto = Child([program, "-H", "127.0.0.1", "-p", "0"], stand.user(), log)
    try:
        moto.logged("Running on http://")
        url = re.search(r"Running on (http://\S+)", log.read_text()).group(1)
        report.attempt("moto", lambda: ask(client, stand, report, url))
    finally:
        moto.stop()
    calls = re.findall(r'"POST / HTTP/1.1" (\d+)', log.read_text())
    report.check("moto: it was asked, and refused nothing", len(calls) >= 3 and set(calls) == {"200"}, calls)


def ask(client, stand, report, url):
    """As a user does who adds two profiles while the daemon runs."""
    for file, text in (("config", PROFILES.format(url=url)), ("credentials", KEYS)):
        with open(stand.home / ".aws" / file, "a") as writer:
            writer.write(text)
    stand.daemon.logged("profiles=16")
    for what, ran in (
        ("stsd whoami elsewhere", stand.stsd("whoami", "elsewhere")),
        (f"{client.name} by the view, profile elsewhere", client.identity(stand.shell("default"), "elsewhere")),
    ):
        found = ASSUMED.search(ran.expect().stdout)
        report.check(f"moto: {what}", found, ran.stdout)
        report.row(TABLE, what, f"{ran.seconds:.2f}", found.group(0) if found else ran.stdout.strip())
