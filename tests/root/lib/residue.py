"""A day with canaries, and then a search of every place in which a program leaves traces.

residue.py HOME UID PORT DAEMON-PID LOG LIB-FOLDER, as root, with a daemon that has just started. The canaries are the
long-term secret access keys, everything that STS issues, each token code that is typed, and each authorization token.
Prints a line for each place: how much was searched, and what was found; for each a line "check TAB outcome TAB
sentence", and one more for its control, a search of the same place that must find.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from day import Day, until
from forms import forms, memory


class Search:
    """The canaries in all their encodings."""

    def __init__(self, canaries, codes):
        self.needles = {}
        for name, secret in canaries.items():
            for kind, needle in forms(secret):
                self.needles.setdefault(needle, (name, kind))
        self.codes = [(code, re.compile(rb"(?<![\d.])" + code.encode() + rb"(?!\d)")) for code in codes]
        self.encodings = sorted({kind for _, kind in self.needles.values()})

    def found_in(self, pieces, with_codes=True):
        found = {}
        for piece in pieces:
            for needle, (name, kind) in self.needles.items():
                if needle in piece:
                    found[f"{name} ({kind})"] = True
            if with_codes:
                # The microseconds of a time have six digits too.
                text = re.sub(rb"T\d\d:\d\d:\d\d[.\d]*Z?", b"", piece)
                for code, pattern in self.codes:
                    if pattern.search(text):
                        found[f"token code {code}"] = True
        return sorted(found)


class Report:
    """One line for each place and its control."""

    def __init__(self):
        self.places = 0

    def place(self, name, size, found):
        self.places += 1
        print(f"{name}: {size} bytes, {len(found)} hits{': ' if found else ''}{', '.join(found)}")
        self.check(not found, f"no canary in {name}")

    def check(self, outcome, sentence):
        print(f"check\t{'ok' if outcome else 'failed'}\t{sentence}", flush=True)


def files_below(*folders):
    for folder in folders:
        # What goes away meanwhile is skipped.
        for where, _, names in os.walk(folder):
            for path in (Path(where) / name for name in sorted(names)):
                if path.is_file() and not path.is_symlink():
                    yield path


def is_of(path, uid, began):
    """Whether the user wrote the file on this day."""
    try:
        status = path.stat()
    except OSError:
        return False
    return status.st_uid == uid and status.st_mtime >= began


def of_all_processes(file):
    """The environments or command lines of all processes but this one's."""
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            try:
                with open(f"/proc/{entry}/{file}", "rb") as proc:
                    yield proc.read()
            except OSError:
                continue


def dumped(pid, folder):
    """What root's gcore takes of a process."""
    file = f"{folder}/dump"
    subprocess.run(["gcore", "-a", "-o", file, str(pid)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(f"{file}.{pid}", "rb") as dump:
        return dump.read()


def size(pieces):
    return sum(map(len, pieces))


def main():
    home, uid, port, daemon, log, here = Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:7]
    daemon = int(daemon)
    report, day = Report(), Day(home, uid, port, daemon, here)
    work = home.parent

    day.begins()
    # While it is unlocked and a gateway is there: what must be found, and what never.
    unlocked = Search(day.issued, day.codes)
    held = list(memory(daemon))
    report.check(unlocked.found_in(held, False), "control: the daemon's memory holds canaries while unlocked")
    report.check(unlocked.found_in([dumped(daemon, work)], False), "control: so does what gcore takes of it")
    day.keeps_a_gateway()
    gateway = day.gateway()
    report.check(gateway is not None, "control: a gateway is at work")
    keys = Search(day.keys, [])
    until(lambda: keys.found_in(memory(gateway)), "the gateway's memory holds a long-term key")
    report.check(True, "control: its memory holds a long-term key meanwhile")
    environments, lines = day.looks_at_processes(of_all_processes)
    resting = day.gateway_at_rest()
    # It would go after ten seconds.
    os.kill(resting, signal.SIGSTOP)
    at_rest = [dumped(resting, work)]
    os.kill(resting, signal.SIGCONT)
    day.ends()

    search = Search({**day.keys, **day.issued, **day.authorizations}, day.codes)
    everywhere = Search({**day.keys, **day.issued}, day.codes)
    print(f"canaries: {len(day.keys)} long-term secret access keys, {len(day.issued)} secret access keys and "
          f"session tokens, {len(day.codes)} token codes, {len(day.authorizations)} authorization tokens")
    print(f"encodings: {', '.join(search.encodings)}")

    # The user's own authorization tokens are what the daemon compares with, locked or not.
    after = list(memory(daemon))
    report.place("the daemon's memory after the lock", size(after), everywhere.found_in(after))
    dump = [dumped(daemon, work)]
    report.place("gcore of the daemon after the lock", size(dump), everywhere.found_in(dump))
    report.place("the dump of a gateway that rests", size(at_rest), everywhere.found_in(at_rest))
    texts = {
        "the log at trace": Path(log).read_bytes(),
        "what the client says": day.said,
        "man pages, help and completions": day.manuals(),
        "the environments of all processes": environments,
        "the command lines of all processes": lines,
    }
    token_files = day.token_files()
    own = [path for path in files_below(home / ".local/state") if path not in token_files]
    view = home / ".local/state/stsd/aws/config"
    audit = [path for path in own if "audit" in path.parts]
    report.check(view in own and audit, "control: the view and the audit are among the files")
    texts["the view"] = view.read_bytes()
    texts["the audit"] = b"".join(path.read_bytes() for path in audit)
    texts["the state directory"] = b"".join(path.read_bytes() for path in own)
    runtime = list(files_below(home / "run"))
    texts["the runtime directory"] = b"".join(path.read_bytes() for path in runtime)
    apart = [*token_files, home / ".aws/credentials", home / ".aws/config"]
    rest = [path for path in files_below(home, "/tmp", "/dev/shm") if path not in apart and is_of(path, uid, day.began)]
    texts["every other file of the user"] = b"".join(path.read_bytes() for path in rest)
    for name, text in texts.items():
        report.place(name, len(text), search.found_in([text]))
    day.controls(report, search, texts, of_all_processes)

    cores = day.dies(daemon, work)
    report.place("the core of a daemon that is killed by a signal", size(cores), search.found_in(cores))
    report.check(day.leaves_a_core(search), "control: a plain process of the user leaves a core that holds a canary")
    print(f"sinks: {report.places}, encodings: {len(search.encodings)}, canaries: "
          f"{len(search.needles and {name for name, _ in search.needles.values()}) + len(day.codes)}")


main()
