"""The ways in which a profile reaches a client, each verified by who signed, as the emulator's journal has it."""

import socket
import threading
from dataclasses import dataclass, field

from ..process import ALONE, Failure
from ..stand import ALICE, PROD, STAGING, Identity

TABLE = "Ways in"
HEADING = ["client", "version", "way", "works", "seconds", "requests", "signed by"]
# Of a way that a client does not have, and ends with an error in.
NOBODY = "nobody"

# What may stand in a shell from before, each of it enough to win over the endpoint somewhere.
PLANTED = {
    "AWS_ACCESS_KEY_ID": "AKIAI44QH8DHBEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
    "AWS_PROFILE": "bob",
    "AWS_DEFAULT_PROFILE": "bob",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/elsewhere",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "of-another-server",
}


@dataclass
class Way:
    """An environment, perhaps a profile named to the client, perhaps a program around it; and who must sign then."""

    # What `Client.instead` calls it.
    key: str
    title: str
    identity: Identity
    environment: dict
    profile: str | None = None
    around: tuple = field(default=())


def run(client, stand, report):
    """Every way for one client; the stand is unlocked."""
    user, stsd = stand.user(), stand.binaries / "stsd"
    shell = stand.shell("prod")
    exec_prod = (stsd, "exec", "prod", "--")
    for way in [
        Way("endpoint", "endpoint alone", PROD, stand.endpoint("prod")),
        Way("view", "env prod", PROD, shell),
        Way("view", "env, the user's own session", ALICE, stand.shell("default")),
        Way("exec", "exec prod", PROD, user, around=exec_prod),
        Way("profile", "env prod, profile staging named", STAGING, shell, "staging"),
        Way("AWS_PROFILE", "env prod, AWS_PROFILE=staging", STAGING, shell | {"AWS_PROFILE": "staging"}),
        Way("static", "env prod --static", PROD, stand.static("prod")),
        Way("view", "env prod over another's keys", PROD, stand.shell("prod", PLANTED)),
        Way("exec", "exec prod over another's keys", PROD, user | PLANTED, around=exec_prod),
    ]:
        one_way(client, stand, report, way)
    past_a_proxy(client, stand, report)


def one_way(client, stand, report, way):
    """Asks, and compares what the client says and what the emulator saw with what should be."""
    what = f"{client.name}, {way.title}"
    instead = client.instead.get(way.key)
    seen, before = len(stand.emulator.entries()), stand.requests()
    right, ran, error = False, None, ""
    with ALONE:
        try:
            right, ran = client.both(way.environment, way.identity, way.profile, way.around)
        except (Failure, ValueError) as failure:
            error = str(failure)
    entries = [entry for entry in stand.emulator.entries()[seen:] if entry["action"] in client.actions]
    signers = sorted({entry["principal"] or f"nobody ({entry['access_key_id']})" for entry in entries})
    if instead:
        expected = [] if instead.signs == NOBODY else [PROD.arn]
        report.check(f"{what}: does not have this way", signers == expected, signers or error)
    else:
        good = report.check(f"{what}: answers", not error, error)
        good &= report.check(f"{what}: says what is so", right, ran and ran.stdout)
        good &= report.check(f"{what}: who signed", signers == [way.identity.arn], signers)
        good &= report.check(f"{what}: its calls, with temporary keys", ours(client, entries), entries)
        report.fact(client.name, way.key, good)
    seconds = f"{ran.seconds:.2f}" if ran else "-"
    works = "no" if instead else "yes" if good else "NO"
    requests = stand.requests() - before
    row = (client.title, client.version, way.title, works, seconds, requests, ", ".join(signers) or NOBODY)
    report.row(TABLE, *row)


def ours(client, entries):
    """Whether these are the client's calls, no more and no fewer, with keys that STS gave."""
    actions = sorted(entry["action"] for entry in entries)
    return actions == sorted(client.actions) and all(
        (entry["access_key_id"] or "").startswith("ASIA") for entry in entries
    )


def past_a_proxy(client, stand, report):
    """With HTTP_PROXY set, neither the authorization token nor a credential goes there."""
    with Proxy() as proxy:
        variables = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"), proxy.url)
        shell = stand.shell("prod", variables)
        one_way(client, stand, report, Way("view", "env prod, HTTP_PROXY set", PROD, shell))
        shell = {name: value for name, value in shell.items() if not name.endswith(("CONFIG_FILE", "CREDENTIALS_FILE"))}
        shell |= {"HOME": str(stand.bare_home), "AWS_ENDPOINT_URL": stand.emulator.url}
        one_way(client, stand, report, Way("endpoint", "the same without the view", PROD, shell))
    report.check(f"{client.name}: no byte at the proxy", proxy.connections == 0, f"{proxy.connections} connections")


class Proxy:
    """Counts whoever comes, and hangs up."""

    def __enter__(self):
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._count)
        self._thread.start()
        return self

    def _count(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    def __exit__(self, *_):
        # Closing alone would leave accept() waiting.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
