"""The situations in which somebody types `aws`, set up for real: see README.md beside the folder."""

from .daemons import DAEMONS
from .endpoints import ENDPOINTS
from .files import FILES
from .shells import SHELLS

SITUATIONS = [*SHELLS, *ENDPOINTS, *FILES, *DAEMONS]
