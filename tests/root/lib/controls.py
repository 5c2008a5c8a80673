"""That each search would have found: the place is what it is taken for, and a canary that is put there is seen."""

import os
import subprocess

# What a place must hold anyway, to be the one that is meant.
MARKS = {
    "the log at trace": b"stsd-daemon: ready",
    "what the client says": b"unlocked",
    "the view": b"credential-process prod",
    "man pages, help and completions": b".TH STSD",
    "the environments of all processes": b"XDG_RUNTIME_DIR",
    "the command lines of all processes": b"stsd-daemon",
    "the audit": b"unlock",
    "the state directory": b"credential-process",
    "every other file of the user": b"role_arn",
}


class Controls:
    """Puts a canary where one could be, searches as before, and takes it away."""

    def __init__(self, report, search, day, canary):
        self.report, self.search, self.day, self.canary = report, search, day, canary

    def all(self, texts, places, of_all):
        for name, mark in MARKS.items():
            self.report.check(mark in texts[name], f"control: {name} is what was searched")
        looks, state = places.looks(), self.day.state
        self.file("the runtime directory", self.day.home / "run/stsd/canary", looks)
        self.file("the state directory", state / "canary", looks)
        self.file("every other file of the user", self.day.home / "canary", looks)
        self.line("the log at trace", places.log, looks)
        self.line("the audit", places.audit()[0], looks)
        self.copy_of_the_view(places, looks)
        self.process("command line", "cmdline", ["sh", "-c", "echo; read -r line", self.canary], {}, of_all)
        self.process("environment", "environ", ["sh", "-c", "echo; read -r line"], {"CANARY": self.canary}, of_all)

    def file(self, name, path, looks):
        """A new file of the user."""
        path.write_text(self.canary)
        os.chown(path, self.day.uid, self.day.uid)
        self.sees(name, looks[name])
        path.unlink()
        self.sees_no_more(name, looks[name])

    def line(self, name, path, looks):
        """A line behind the others."""
        size = path.stat().st_size
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{self.canary}\n")
        self.sees(name, looks[name])
        os.truncate(path, size)
        self.sees_no_more(name, looks[name])

    def copy_of_the_view(self, places, looks):
        """The daemon writes the view itself anew: a copy stands in for it, where the state directory is searched."""
        original, places.view = places.view, places.view.with_name("config.copy")
        places.view.write_bytes(original.read_bytes())
        self.line("the view", places.view, {"the view": places.view.read_bytes})
        places.view.write_bytes(original.read_bytes() + self.canary.encode())
        self.sees("the state directory, by a copy of the view", looks["the state directory"])
        places.view.unlink()
        places.view = original

    def process(self, what, file, command, environment, of_all):
        """A process that has it, from its first line on (it has no command line until exec is over) until its
        standard input ends."""
        environment = {"PATH": os.environ["PATH"], **environment}
        process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdout.readline()
        self.sees(f"the {what} of some process", lambda: b"".join(of_all(file)))
        process.communicate()
        self.sees_no_more(f"the {what} of some process", lambda: b"".join(of_all(file)))

    def sees(self, where, look):
        self.report.check(self.search.found_in([look()]), f"control: a canary in {where} is found")

    def sees_no_more(self, where, look):
        self.report.check(not self.search.found_in([look()]), f"control: and not once it is gone from {where}")
