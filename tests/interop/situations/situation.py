"""A situation: what a shell, its files and the daemon are like when somebody types `aws`; nothing is measured here."""

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Callable

# What the daemon is doing, in the order in which one stand goes through it.
LOCKED, UNLOCKED, SKEWED, STOPPED = "locked", "unlocked", "skewed", "stopped"

# An access key for each place where one can lie about, so that a signature says where it came from.
KEYS = {
    "environment": "AKIAENVIRONSEXAMPLE0",
    "shared-credentials": "AKIACREDFILEEXAMPLE0",
    "config-keys": "AKIACONFFILEEXAMPLE0",
    "process": "AKIAPROCESS0EXAMPLE0",
    "container": "AKIACONTAINREXAMPLE0",
    "instance-metadata": "AKIAINSTANCEEXAMPLE0",
    "sso": "AKIASSOPORTLEXAMPLE0",
    "web-identity": "AKIAWEBIDENTEXAMPLE0",
}
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@dataclass(frozen=True)
class Situation:
    """`environment` and `around` are given the scene; `around` changes something and puts it back."""

    name: str
    environment: Callable
    # What the tool and the doctor are told by `--profile`.
    profile: str | None = None
    # The codes of the errors and warnings that the doctor must report, and no others; without any, all is well.
    finds: str = ""
    state: str = UNLOCKED
    around: Callable = lambda scene: nullcontext()
    # By client what it uses instead, where the source fails as nobody can foresee without asking it.
    unforeseen: dict = field(default_factory=dict)

    @property
    def codes(self):
        """The same as a sorted list."""
        return sorted(self.finds.split())


def keys(place):
    """A pair of keys as variables."""
    return {"AWS_ACCESS_KEY_ID": KEYS[place], "AWS_SECRET_ACCESS_KEY": SECRET}


def keys_in(place):
    """A pair of keys as lines of a file."""
    return f"aws_access_key_id = {KEYS[place]}\naws_secret_access_key = {SECRET}\n"


def without(environment, *names):
    """The environment after `unset`."""
    return {name: value for name, value in environment.items() if name not in names}
