"""One subject through all situations, in an order that needs one unlock and one daemon."""

import re

from driver.process import Failure

from .profiles import more_profiles, signed_in
from .scene import Scene
from .situation import LOCKED, SKEWED, STOPPED, UNLOCKED
from .witness import Seen

# A section of the config that is a profile.
PROFILE = re.compile(r"^\[(?:default|profile .*)\]$", re.MULTILINE)


def walk(stand, situations, watch):
    """What `watch(scene)` makes of each situation, by the situation's name."""
    scene = Scene(stand)
    try:
        furnish(scene)
        look = watch(scene)
        seen = {}
        for state in (LOCKED, UNLOCKED, SKEWED, STOPPED):
            enter(stand, state)
            for situation in situations:
                if situation.state == state:
                    seen[situation.name] = one(scene, situation, look)
        return seen
    finally:
        scene.stop()


def furnish(scene):
    """The user of the stand has more profiles than the emulator's, and has signed in to a portal."""
    home = scene.stand.home
    config = home / ".aws/config"
    config.write_text(config.read_text() + more_profiles(scene))
    signed_in(home)
    scene.stand.daemon.logged(f"profiles={len(re.findall(PROFILE, config.read_text()))}")
    # The shells are made while all is well.
    for profile in ("prod", "default", "hub", "ci", "forbidden"):
        scene.shell(profile)


def enter(stand, state):
    if state == UNLOCKED:
        stand.unlock()
        # That STS denies it is known since somebody asked.
        stand.stsd("whoami", "forbidden")
    elif state == LOCKED:
        stand.stsd("lock").expect()
    elif state == SKEWED:
        # AWS's clock is ten minutes ahead of ours from now on; the daemon learns it when it asks.
        stand.emulator.ask("advance", "10m")
        stand.stsd("refresh")
    else:
        stand.daemon.stop()


def one(scene, situation, look):
    try:
        environment = situation.environment(scene)
        with situation.around(scene):
            return look.see(environment, situation.profile)
    except (Failure, OSError, ValueError) as failure:
        return Seen("?", text=repr(failure))
