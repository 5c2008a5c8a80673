"""The ways in which a page can make a browser ask a port of the machine that it runs on, and read the answer.

Each is a few lines of script in a page. `from_` says where the page stands: at a foreign site (evil), at another
port of 127.0.0.1 (local: a secure context), in a file, or at the target's own port under a name that was rebound.
`to` says how the target is called. A way that `reads` has read something of a server that permits it; the others
only ask.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    name: str
    act: str
    reads: bool = False
    content: str = "json"
    from_: str = "evil"
    to: str = "127.0.0.1"
    head: str = ""
    fields: tuple = ()
    worker: str = ""
    scheme: str = "http"
    # Another protocol's bytes and not a request: TLS, or a connection that says nothing.
    raw: bool = False
    # Chromium loads it in a tab that is seen, and not behind another one.
    seen: bool = False
