"""Profiles complete as words that each shell reads back as the profile's name."""
import os
import pty
import select
import signal

from harness import HOSTILE, World, status

# In the place of stsd: it answers what the scripts ask, and writes down what else it was called with.
STAND_IN = """#!/bin/sh
case $1 in completions) exec "$STSD" "$@" ;; esac
for word; do printf '%s\\0' "$word"; done >called
printf 'was %s\\n' called
"""

INTERACTIVE = {
    "bash": (["--norc", "-i"], 'eval "$(stsd completions bash)"'),
    "zsh": (["-f", "-i"], 'autoload -Uz compinit; compinit -u -D; eval "$(stsd completions zsh)"'),
}

# Seconds without a byte; only a failure waits so long.
PATIENCE = 5

# A name must fit on a line to be completed; each begins with letters that only it begins with.
NAMES = [f"n{at:02}{name}" for at, name in enumerate(name for name in HOSTILE if name.isprintable())]


def run(world: World) -> None:
    world.daemon.says("/v1/status", status(NAMES))
    for shell in ("bash", "zsh"):
        typed(world, shell)
    fish(world)
    without_a_daemon(world)


def stand_in(world: World):
    place = world.place()
    folder = place / "bin"
    folder.mkdir()
    for name, text in (("stsd", STAND_IN), ("zzz-a-command", "#!/bin/sh\n")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    variables = world.variables(place, INPUTRC="/dev/null")
    return place, {**variables, "PATH": f"{folder}:{variables['PATH']}"}


def typed(world: World, shell: str) -> None:
    """By keys, on a terminal."""
    place, variables = stand_in(world)
    terminal = Terminal(shell, place, variables)
    for at, name in enumerate(NAMES):
        for opening in ("", "'", '"'):
            seen = terminal.called(f"stsd env {opening}n{at:02}\t")
            world.check(f"{shell} completes {opening}{name!r}", seen, ["env", name])
    for keys, wanted in (
        ("stsd stat\t", ["status"]),
        ("stsd env --form\tfis\t", ["env", "--format", "fish"]),
        ("stsd whoami --profile n00\t", ["whoami", "--profile", NAMES[0]]),
        ("stsd exec n00\t-- zzz-a\t", ["exec", NAMES[0], "--", "zzz-a-command"]),
    ):
        world.check(f"{shell} completes {keys!r}", terminal.called(keys), wanted)
    terminal.ends()
    world.check(f"{shell} runs nothing of a name", (place / "pwned").exists(), False)


def fish(world: World) -> None:
    """As fish inserts them: `complete --escape` is what it puts on the command line."""
    place, variables = stand_in(world)
    script = "stsd completions fish | source\n"
    for at, _ in enumerate(NAMES):
        script += f"eval stsd env (complete --escape -C 'stsd env n{at:02}' | string split -f1 \\t) >/dev/null\n"
        script += f"mv called called-{at}\n"
    _, complaints = world.evaluate("fish", script, place, variables)
    world.check("fish completes without a complaint", complaints, "")
    for at, name in enumerate(NAMES):
        world.check(f"fish completes {name!r}", words(place / f"called-{at}"), ["env", name])
    for line, wanted in (
        ("stsd stat", "status"),
        ("stsd env --format fis", "fish"),
        ("stsd env --format=fis", "--format=fish"),
        ("stsd exec n00prod -- zzz-a", "zzz-a-command"),
    ):
        output, _ = world.evaluate("fish", f"stsd completions fish | source; complete -C '{line}'", place, variables)
        seen = [candidate.split("\t")[0] for candidate in output.decode().splitlines()]
        world.check(f"fish completes {line!r}", seen, [wanted])
    world.check("fish runs nothing of a name", (place / "pwned").exists(), False)


def without_a_daemon(world: World) -> None:
    """By the view that a daemon left behind."""
    place = world.place()
    (place / "stsd/aws").mkdir(parents=True)
    (place / "stsd/aws/config").write_text("[default]\n[profile 'my prod']\n")
    variables = world.variables(place, XDG_STATE_HOME=str(place), STSD_SOCKET="/nonexistent")
    output, _ = world.evaluate("dash", '"$STSD" completions zsh -- env ""', place, variables)
    world.check("the view knows the profiles", output, b"default\nmy prod\n")


def words(file) -> list:
    return file.read_bytes().decode().split("\0")[:-1] if file.exists() else []


class Terminal:
    """An interactive shell, and what is typed into it."""

    def __init__(self, shell: str, place, variables: dict):
        self.shell, self.place, self.variables, self.seen = shell, place, variables, b""
        self.start()

    def start(self) -> None:
        plain, first = INTERACTIVE[self.shell]
        self.pid, self.keyboard = pty.fork()
        if self.pid == 0:
            os.chdir(self.place)
            os.execvpe(self.shell, [self.shell, *plain], self.variables)
        self.types(first)

    def types(self, line: str) -> None:
        os.write(self.keyboard, line.encode() + b"\r")

    def called(self, keys: str) -> list:
        """The words that stsd was called with, once the keys are typed and ended."""
        file = self.place / "called"
        file.unlink(missing_ok=True)
        self.seen = b""
        self.types(keys)
        while b"was called" not in self.seen:
            ready, _, _ = select.select([self.keyboard], [], [], PATIENCE)
            if not ready:
                shown = self.seen.decode(errors="replace")
                self.kill()
                self.start()
                return [f"after {keys!r} the terminal shows {shown!r}"]
            self.seen += os.read(self.keyboard, 65536)
        return words(file)

    def ends(self) -> None:
        self.types("exit")
        os.waitpid(self.pid, 0)
        os.close(self.keyboard)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.keyboard)
