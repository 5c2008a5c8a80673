"""docs/tools.md: what the suite found, for people who look their tool up."""

from .process import Failure

# By the names of `Client.instead`; the facts that a row is made of, and the case whose text it shows.
WAYS = [
    ("endpoint alone", ["endpoint"], "locked, endpoint"),
    ("`stsd env`, `stsd exec`", ["view", "exec"], "locked, view"),
    ("a profile named to it", ["profile"], "locked, profile"),
    ("`AWS_PROFILE`", ["AWS_PROFILE"], "locked, AWS_PROFILE"),
    ("`stsd env --static`", ["static"], "locked, static"),
]
HIDDEN = "†"
SENTENCE = "run `stsd unlock`"

HEAD = f"""# Which tools work, and how

`tests/interop/run --update` wrote this: each line was tried with the real client at the version given, against an
emulator that verifies who signed. `.ci/run` tries them again and fails where this page says something else.

| way | what it is |
|---|---|
| endpoint alone | nothing in the environment but `AWS_CONTAINER_CREDENTIALS_FULL_URI`, `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` and a region |
| `stsd env`, `stsd exec` | `eval "$(stsd env prod)"`, or `stsd exec prod -- …`: endpoint and view |
| a profile named to it | in such a shell another profile, by `--profile` or in the program |
| `AWS_PROFILE` | in such a shell `AWS_PROFILE=staging` |
| `stsd env --static` | three keys that nobody renews, for tools that know nothing else; while locked, `stsd env` has none to print |

{HIDDEN}: it hides what it was told. A desktop notice says it, once in ten minutes, and `stsd status`.

| client | version | way | works | while locked it shows |
|---|---|---|---|---|
"""

INSTEAD = """
## Where it does not work

| client | way | what happens | use instead |
|---|---|---|---|
"""

# Of clients that are not tried here.
OTHERS = """
From their makers' documents and sources, and not tried here:

| client | way | what happens | use instead |
|---|---|---|---|
| Go SDK v1 before 1.47.11 (s5cmd 2.3, Terraform before 1.6, rclone and restic of Debian 12) | endpoint alone | it does not know `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` | `stsd env` |
| AWS CLI before 1.30 and 2.15, boto3 before 1.34.41, JavaScript SDK v2 before 2.1550 and v3 before 3.458, Java SDK v2 before 2.21.30, Go SDK v2 before config 1.25 (all of 2023 and 2024) | endpoint alone | the same | `stsd env` |
| Rust SDK built without its feature `credentials-process` | `stsd env` | it stops at the view | `stsd env --no-view` |
| s3cmd, s3fs | all but the last | they know neither profiles nor the endpoint | `stsd env --static` |

While locked, programs on the C++ SDK (Arrow, DuckDB) and restic go on without a signature, and AWS answers AccessDenied.
Hadoop's S3A asks the endpoint no more in that process once it was refused: unlock first, or start it again.
"""

FALLS = """
## A profile that is refused

Where a program names a profile that stsd refuses, most clients stop with an error. These go on to the endpoint, and so sign
as the profile of the shell: {names}. `stsd exec NAME -- …` gives them one profile and no other.
"""


def text(clients, facts):
    """The page; a failure if something was not found out."""
    rows = [row(client, way, facts) for client in clients for way in WAYS]
    falls = [client.title for client in clients if facts.get((client.name, "falls through"))]
    page = HEAD + "".join(rows) + INSTEAD + "".join(line for client in clients for line in absent(client))
    return page + OTHERS + FALLS.format(names=", ".join(falls))


def row(client, way, facts):
    """One client in one way."""
    title, keys, locked = way
    works = "no" if keys[0] in client.instead else "yes" if all(fact(client, key, facts) for key in keys) else "NO"
    says = "see below" if works == "no" else cell(fact(client, locked, facts))
    return f"| {client.title} | {client.version} | {title} | {works} | {says} |\n"


def absent(client):
    """The ways that a client does not have."""
    for title, keys, _ in WAYS:
        if keys[0] in client.instead:
            instead = client.instead[keys[0]]
            yield f"| {client.title} {client.version} | {title} | {instead.happens} | {instead.use} |\n"


def fact(client, subject, facts):
    """What was found."""
    if (client.name, subject) not in facts:
        raise Failure(f"{client.name}: nobody found out about {subject}")
    return facts[(client.name, subject)]


def cell(said):
    """A client's own words in a table."""
    mark = "" if SENTENCE in said else f" {HIDDEN}"
    return said.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*") + mark
