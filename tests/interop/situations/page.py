"""docs/doctor.md: every situation, what each tool uses in it and what the doctor finds, as the run saw it."""

from .daemons import DAEMONS
from .endpoints import ENDPOINTS
from .files import FILES
from .shells import SHELLS
from .verdict import WALKS

HEAD = """# Which credentials a tool takes

`stsd doctor` answers this for the shell in which you type it. This page is its test: each situation was set up for
real, `stsd doctor --json` said what each tool would use, and then the real boto3, AWS CLI 1 and 2, JavaScript SDK 3,
Go SDK 2, Java SDK 2 and Rust SDK were run in it, and did that. `tests/interop/situations-run` compares, and writes
this page.

The names are those of the JSON, and behind the source stands the profile, where it is one's. Where a tool ends with an
error, the source is the one that it asked last. After "then" stands what a tool does once a source has failed
that the doctor does not ask.

| source | what it is |
|---|---|
| `stsd-view`, `stsd-endpoint` | stsd, by one of its two ways |
| `environment` | the key variables |
| `shared-credentials`, `config-keys` | keys in the credentials file, in the config file |
| `assume-role` | a role that the tool assumes itself |
| `process`, `sso`, `login`, `web-identity` | another program, IAM Identity Center, `aws login`, a web identity token |
| `container`, `instance-metadata` | another container's endpoint, the machine's role |
| `error`, `none` | an error before any source is asked; nothing anywhere |

"""
CHAPTERS = [
    ("Connected shells", "After `eval \"$(stsd env prod)\"`, unless another profile is named.", SHELLS),
    ("The endpoint alone", "Its two variables and a region, in a home without AWS files.", ENDPOINTS),
    ("AWS files", "The endpoint alone, in a home with these files; or nothing of stsd's.", FILES),
    ("The daemon and its files", "A shell that was connected while all was well.", DAEMONS),
]
COLUMNS = {
    "boto3, AWS CLI": ("boto3", "aws-cli-v2"),
    "JavaScript": ("javascript",),
    "Go": ("go",),
    "Java": ("java",),
    "Rust": ("rust",),
}


def render(predictions):
    """The whole page."""
    return HEAD + "\n".join(chapter(*each, predictions) for each in CHAPTERS)


def chapter(title, about, situations, predictions):
    rows = [["situation", *COLUMNS, "the doctor finds"], ["---"] * (len(COLUMNS) + 2)]
    for situation in situations:
        prediction = predictions[situation.name]
        cells = [cell(situation, prediction, clients) for clients in COLUMNS.values()]
        rows.append([situation.name, *cells, found(prediction)])
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"## {title}\n\n{about}\n\n{table}\n"


def cell(situation, prediction, clients):
    """One word for several clients, unless they differ."""
    words = {client: word(situation, prediction, client) for client in clients}
    if len(set(words.values())) == 1:
        return words[clients[0]]
    return ", ".join(f"{what} ({client})" for client, what in words.items())


def word(situation, prediction, client):
    said = str(prediction.tools[WALKS[client]])
    instead = situation.unforeseen.get(client)
    return f"{said}, then {instead}" if instead else said


def found(prediction):
    """Its errors and warnings; notes change nothing."""
    return ", ".join(prediction.codes("error", "warning")) or "all is well"
