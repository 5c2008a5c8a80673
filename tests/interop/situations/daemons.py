"""The daemon locked, stopped, out of reach or at odds with what a shell was told earlier."""

from .fakes import Container
from .situation import LOCKED, SKEWED, STOPPED, Situation


def gone(_):
    return None


def without_staging(text):
    """The view as it was before that profile was added."""
    before, rest = text.split("[profile staging]", 1)
    return before + rest[rest.index("\n[") + 1 :]


def moved(text):
    """The view of an installation that is no longer there."""
    return text.replace("credential_process = ", "credential_process = /nonexistent", 100)


DAEMONS = [
    Situation("locked, connected", lambda s: s.shell(), finds="Locked", state=LOCKED),
    Situation("locked, AWS_PROFILE=staging", lambda s: s.shell(AWS_PROFILE="staging"), finds="Locked", state=LOCKED),
    Situation("locked, the endpoint alone", lambda s: s.endpoint(), finds="Locked", state=LOCKED),
    Situation("locked, a profile without MFA", lambda s: s.shell("ci"), finds="Locked", state=LOCKED),
    # A daemon that runs writes it again.
    Situation(
        "stopped, and the view deleted",
        lambda s: s.shell(),
        finds="NoDaemon ViewMissing",
        state=STOPPED,
        around=lambda s: s.edited(s.view, gone),
    ),
    Situation(
        "stopped, and the view deleted, AWS_PROFILE=staging",
        lambda s: s.shell(AWS_PROFILE="staging"),
        finds="MissingProfile NoDaemon ViewMissing",
        state=STOPPED,
        around=lambda s: s.edited(s.view, gone),
    ),
    Situation(
        "an old view, AWS_PROFILE=staging",
        lambda s: s.shell(AWS_PROFILE="staging"),
        finds="MissingProfile",
        around=lambda s: s.edited(s.view, without_staging),
    ),
    Situation(
        "the view names a stsd that is gone",
        lambda s: s.shell(),
        finds="ViewProgramMissing",
        around=lambda s: s.edited(s.view, moved),
    ),
    Situation(
        "the token file can be read by others",
        lambda s: s.shell(),
        finds="TokenFileMode",
        around=lambda s: s.mode(s.token_file, 0o644),
    ),
    Situation(
        "the state directory can be written by others",
        lambda s: s.shell(),
        finds="StateMode",
        around=lambda s: s.mode(s.token_file.parent, 0o777),
    ),
    Situation("the clock off by ten minutes", lambda s: s.shell(), finds="ClockSkew", state=SKEWED),
    Situation(
        "the clock off by ten minutes, the endpoint alone", lambda s: s.endpoint(), finds="ClockSkew", state=SKEWED
    ),
    Situation("stopped, connected", lambda s: s.shell(), finds="NoDaemon", state=STOPPED),
    Situation(
        "stopped, AWS_PROFILE=staging", lambda s: s.shell(AWS_PROFILE="staging"), finds="NoDaemon", state=STOPPED
    ),
    Situation("stopped, the endpoint alone", lambda s: s.endpoint(), finds="NoDaemon", state=STOPPED),
    Situation(
        "stopped, and another program has the port",
        lambda s: s.endpoint(AWS_CONTAINER_CREDENTIALS_FULL_URI=s.fakes.url(Container) + "/creds/prod"),
        finds="NoDaemon PortTaken",
        state=STOPPED,
        around=lambda s: s.edited(s.port_file, lambda _: str(s.fakes.port(Container))),
    ),
]
