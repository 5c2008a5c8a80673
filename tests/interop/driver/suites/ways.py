"""The ways in which a profile reaches a client, each verified by who signed, as the emulator's journal has it."""

import socket
import threading

from ..process import ALONE
from ..stand import ALICE, PROD, STAGING

TABLE = "Ways in"
HEADING = ["client", "version", "way", "works", "seconds", "signed by"]
PROD_BUCKETS = ["prod-backups", "staging-uploads"]
ALICE_BUCKETS = ["alice-notes", "alice-photos"]
ASKED = ("GetCallerIdentity", "ListBuckets")

# What may stand in a shell from before, each of it enough to win over the endpoint somewhere.
PLANTED = {
    "AWS_ACCESS_KEY_ID": "AKIAI44QH8DHBEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
    "AWS_PROFILE": "bob",
    "AWS_DEFAULT_PROFILE": "bob",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/elsewhere",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "of-another-server",
}


def run(client, stand, report):
    """Every way for one client; the stand is unlocked."""
    user, stsd = stand.user(), stand.binaries / "stsd"
    shell = stand.shell("prod")
    staging = shell | {"AWS_PROFILE": "staging"}
    hostile = stand.shell("prod", PLANTED)
    exec_prod = (stsd, "exec", "prod", "--")
    ways = [
        ("endpoint alone", PROD, PROD_BUCKETS, lambda: client.both(stand.endpoint("prod"))),
        ("env prod", PROD, PROD_BUCKETS, lambda: client.both(shell)),
        ("env, the user's own session", ALICE, ALICE_BUCKETS, lambda: client.both(stand.shell("default"))),
        ("exec prod", PROD, PROD_BUCKETS, lambda: client.both(user, around=exec_prod)),
        ("env prod, profile staging named", STAGING, PROD_BUCKETS, lambda: client.both(shell, "staging")),
        ("env prod, AWS_PROFILE=staging", STAGING, PROD_BUCKETS, lambda: client.both(staging)),
        ("env prod over another's keys", PROD, PROD_BUCKETS, lambda: client.both(hostile)),
        ("exec prod over another's keys", PROD, PROD_BUCKETS, lambda: client.both(user | PLANTED, around=exec_prod)),
    ]
    for way, arn, buckets, ask in ways:
        one_way(client, stand, report, way, arn, buckets, ask)
    past_a_proxy(client, stand, report)


def one_way(client, stand, report, way, arn, buckets, ask):
    """Asks, and compares what the client says and what the emulator saw with what should be."""
    what = f"{client.name}, {way}"
    seen = len(stand.emulator.entries())
    with ALONE:
        answer = report.attempt(what, ask)
    entries = [entry for entry in stand.emulator.entries()[seen:] if entry["action"] in ASKED]
    principals = {entry["principal"] or f"nobody ({entry['access_key_id']})" for entry in entries}
    keys = {entry["access_key_id"][:4] for entry in entries if entry["access_key_id"]}
    good = answer is not None and all([
        report.check(f"{what}: the identity", answer[0] == arn, answer[0]),
        report.check(f"{what}: the buckets", answer[1] == buckets, answer[1]),
        report.check(f"{what}: who signed", principals == {arn}, principals),
        report.check(f"{what}: two calls, with temporary keys", len(entries) == 2 and keys == {"ASIA"}, entries),
    ])
    seconds = f"{answer[2]:.2f}" if answer else "-"
    report.row(TABLE, client.name, client.version, way, "yes" if good else "NO", seconds, ", ".join(principals))


def past_a_proxy(client, stand, report):
    """With HTTP_PROXY set, neither the authorization token nor a credential goes there."""
    with Proxy() as proxy:
        variables = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"), proxy.url)
        shell = stand.shell("prod", variables)
        one_way(client, stand, report, "env prod, HTTP_PROXY set", PROD, PROD_BUCKETS, lambda: client.both(shell))
        shell = {name: value for name, value in shell.items() if not name.endswith(("CONFIG_FILE", "CREDENTIALS_FILE"))}
        shell |= {"HOME": str(stand.bare_home), "AWS_ENDPOINT_URL": stand.emulator.url}
        one_way(client, stand, report, "the same without the view", PROD, PROD_BUCKETS, lambda: client.both(shell))
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
