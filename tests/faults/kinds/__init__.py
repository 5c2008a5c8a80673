"""The faults, by where they happen. A kind is data and a few functions of the cell; nothing is asked here."""

from .kind import Kind
from .files import FILES
from .network import NETWORK
from .clocks import CLOCKS
from .processes import PROCESSES
from .sts import STS

GROUPS = {
    "STS": STS,
    "TLS, names and the way to STS": NETWORK,
    "Clocks": CLOCKS,
    "Files": FILES,
    "Processes and limits": PROCESSES,
}
KINDS = [kind for group in GROUPS.values() for kind in group]
