"""One kind of fault."""

from dataclasses import dataclass, field
from typing import Callable


def nothing(_):
    pass


@dataclass
class Kind:
    """`begin` and `heal` are given the cell."""

    name: str
    begin: Callable
    heal: Callable = nothing
    # Before the daemon starts; more arguments for its start; after everything, whatever happened.
    before: Callable | None = None
    daemon: Callable | None = None
    clean: Callable = nothing
    # While an unlock is under way, after the fault has begun.
    during: Callable | None = None
    # Which request of an unlock is held while the fault begins: what befalls connections befalls the next one.
    hold: str = "GetSessionToken"
    stand: dict = field(default_factory=dict)
    # The longest that a person may wait, in seconds.
    longest: int = 20
    # It ends the daemon; it stops it for a while; it cuts the tools off, whatever the daemon holds.
    ends: bool = False
    stops: bool = False
    cuts: bool = False
    # Who comes first decides: the words are those of one run, and are not compared.
    varies: bool = False
    # Whoever answers at the endpoint's port is not stsd.
    foreign: bool = False
    # The local clock is wrong, so the dates it shows say nothing.
    clocks: bool = False
    # States in which it makes no sense, with the reason.
    skip: dict = field(default_factory=dict)
