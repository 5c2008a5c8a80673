"""A day with canaries, and then a search of every place in which a program leaves traces.

residue.py HOME UID PORT DAEMON-PID LOG LIB-FOLDER MAN-FOLDER, as root, with a daemon that has just started. The canaries are the
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

from controls import Controls
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


def read(paths):
    return b"".join(path.read_bytes() for path in paths)


class Places:
    """Where files are looked for; each look sees what is there then."""

    def __init__(self, day, log):
        self.day, self.home, self.log = day, day.home, Path(log)
        self.view = self.home / ".local/state/stsd/aws/config"

    def state(self):
        apart = self.day.token_files()
        return [path for path in files_below(self.home / ".local/state") if path not in apart]

    def audit(self):
        return [path for path in self.state() if "audit" in path.parts]

    def rest(self):
        apart = [*self.day.token_files(), self.home / ".aws/credentials", self.home / ".aws/config"]
        written = (path for path in files_below(self.home, "/tmp", "/dev/shm") if path not in apart)
        return [path for path in written if is_of(path, self.day.uid, self.day.began)]

    def looks(self):
        """The searched files by the name of their place: each a function that reads them."""
        return {
            "the log at trace": self.log.read_bytes,
            "the view": self.view.read_bytes,
            "the audit": lambda: read(self.audit()),
            "the state directory": lambda: read(self.state()),
            "the runtime directory": lambda: read(files_below(self.home / "run")),
            "every other file of the user": lambda: read(self.rest()),
        }


def size(pieces):
    return sum(map(len, pieces))


def main():
    home, uid, port, daemon, log, here, man = Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:8]
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
    places = Places(day, log)
    report.check(places.view in places.state() and places.audit(), "control: the view and the audit are among the files")
    texts = {
        **{name: look() for name, look in places.looks().items()},
        "what the client says": day.said,
        "man pages, help and completions": day.manuals(Path(man)),
        "the environments of all processes": environments,
        "the command lines of all processes": lines,
    }
    for name, text in texts.items():
        report.place(name, len(text), search.found_in([text]))
    Controls(report, search, day, next(iter(day.keys.values()))).all(texts, places, of_all_processes)

    cores = day.dies(daemon, work)
    report.place("the core of a daemon that is killed by a signal", size(cores), search.found_in(cores))
    report.check(day.leaves_a_core(search), "control: a plain process of the user leaves a core that holds a canary")
    print(f"sinks: {report.places}, encodings: {len(search.encodings)}, canaries: "
          f"{len(search.needles and {name for name, _ in search.needles.values()}) + len(day.codes)}")


main()
