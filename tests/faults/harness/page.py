"""docs/faults.md: what was found, by kind and state; and whether it is found again."""

import re

from .cell import STATES

HEAD = """# When something breaks

`tests/faults/run --write` wrote this: each of these faults was made for real, in each of seven states, to the real
`stsd-daemon`, `stsd-gateway` and `stsd`, with STS at its real name behind TLS, a resolver and an emulator that verifies
who signs. `tests/faults/run --short` tries a third of them again and fails where this page says something else.

| state | what it is |
|---|---|
| locked | nothing was unlocked yet; `stsd unlock` is typed |
| unlocking | the fault begins while STS has the request of an unlock |
| cold | unlocked, and nobody has asked for the role before |
| ready | the role's credentials are fresh |
| due | they are due for renewal, and still last for some seconds |
| expired | they have ended meanwhile: the fault lasts longer than they do |
| ended | the session itself has ended |

In the first column the states that are alike stand together. *A person* types `stsd unlock` where there is no session, else
`stsd whoami prod`, which asks STS. *boto3* asks by the endpoint alone and by the view; of what it prints the words before
stsd's own are left out, and the number is the status of the endpoint's last answer. *Afterwards* is what it takes, once the
fault is over, until tools work again: at most a minute, and what to type, if anything. Seconds are those of one run,
on a machine that was busy with twenty such cells.

What held in every cell, or the run would have failed: nothing that had ended was handed out; no secret stood in any text, in
the daemon's log at `trace`, or in a file that is not there for it; the daemon lived, unless it was told to end; a refusal said what to do next; an unlock
took 20 seconds at most, and the endpoint five to answer; fresh credentials, and those that were due, went on
being served, unless the fault cuts the tools off from the daemon.

"""
COLUMNS = ("state", "a person", "boto3 by the endpoint", "boto3 by the view", "afterwards")
KEYS = ("person", "endpoint", "view", "afterwards")
SECONDS = re.compile(r" \(([\d.]+) s\)$")


def write(file, groups, found):
    """All of it."""
    lines = [HEAD.rstrip() + "\n"]
    for title, kinds in groups.items():
        lines.append(f"\n## {title}\n")
        for kind in kinds:
            lines.append(f"\n### {kind.name}\n\n| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}\n")
            lines += rows(kind, found)
            if kind.varies:
                lines.append("\nWho comes first decides here: these are the words of one run.\n")
    file.write_text("".join(lines))


def merged(file, found):
    """What the page says, and in its place what was found now."""
    return {key: {"row": row} for key, row in read(file).items()} | found


def rows(kind, found):
    """Its states, those that are alike together."""
    alike = {}
    for state in STATES:
        if state in kind.skip:
            yield f"| {state} | not tried: {kind.skip[state]} | | | |\n"
        elif (kind.name, state) in found:
            row = found[(kind.name, state)]["row"]
            alike.setdefault(tuple(row.get(f"{key} cell") or cell(row.get(key, "?")) for key in KEYS), []).append((state, row))
    for cells, members in alike.items():
        shown = list(cells)
        for place, key in enumerate(KEYS[:3]):
            longest = max(row.get(f"{key} seconds", 0.0) for _, row in members)
            shown[place] += f" ({longest:.1f} s)"
        yield f"| {', '.join(state for state, _ in members)} | {' | '.join(shown)} |\n"


def cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def read(file):
    """By kind and state what the page says: cells, and seconds."""
    said, kind = {}, None
    for line in file.read_text().splitlines() if file.exists() else []:
        if line.startswith("### "):
            kind = line[4:]
        elif line.startswith("| ") and kind and not line.startswith("| state |"):
            states, *cells = [part.strip() for part in re.split(r"(?<!\\)\|", line)[1:-1]]
            row = {}
            for key, text in zip(KEYS, cells):
                seconds = SECONDS.search(text)
                row[f"{key} cell"] = SECONDS.sub("", text)
                row[f"{key} seconds"] = float(seconds.group(1)) if seconds else 0.0
            said |= {(kind, state): row for state in states.split(", ")}
        elif line.startswith("## "):
            kind = None
    return said


def compare(file, found, kinds):
    """A sentence for each cell of which the page says something else."""
    said, differs = read(file), []
    varies = {kind.name for kind in kinds if kind.varies}
    for (kind, state), each in sorted(found.items()):
        now = tuple(cell(each["row"].get(key, "?")).strip() for key in KEYS)
        written = tuple(said.get((kind, state), {}).get(f"{key} cell") for key in KEYS)
        if written != now and (kind not in varies or None in written):
            differs.append(f"docs/faults.md, {kind}, {state}: as found: {now}, written: {written}")
    return differs
