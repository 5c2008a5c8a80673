"""Disks that are full or read-only, and files that go, change or cannot be read while the daemon runs."""

import re
import shutil
import time
from pathlib import Path

from harness.world import disk, empty, fill, mount, unmount

from .kind import Kind


def on_a_disk(place, size="256k"):
    """`place(cell)` becomes a file system of its own before the daemon starts."""

    def before(cell):
        folder = place(cell)
        folder.mkdir(parents=True, exist_ok=True)
        cell.stand.own(cell.stand.home)
        disk(folder, size, cell.world.uid)

    return before


def state(cell):
    return cell.stand.home / ".local/state"


def full(name, place, **more):
    return Kind(name, lambda cell: fill(place(cell)), lambda cell: empty(place(cell)), before=on_a_disk(place),
                clean=lambda cell: unmount(place(cell)), **more)


def read_only(name, place, **more):
    def begin(cell):
        mount("--bind", place(cell), place(cell))
        mount("-o", "remount,bind,ro", place(cell))

    def heal(cell):
        unmount(place(cell))

    return Kind(name, begin, heal, clean=heal, **more)


def tmp_full(cell):
    mount("-t", "tmpfs", "-o", "size=16k", "tmpfs", "/tmp")
    fill("/tmp")


def planned(change):
    """Changes the user's files, and waits until the daemon has noticed."""

    def begin(cell):
        log = cell.stand.log
        before = plans(log)
        change(cell)
        deadline = time.monotonic() + 15
        while plans(log) == before and time.monotonic() < deadline and cell.stand.lives():
            time.sleep(0.1)

    return begin


def plans(log):
    return len(re.findall(r"read the AWS (?:files|configuration)|could not read the AWS", log.read_text(errors="replace")))


def aws(name, file, change, **more):
    """Something happens to a file in ~/.aws; afterwards it is as it was."""

    def where(cell):
        return cell.stand.home / ".aws" / file

    def begin(cell):
        shutil.copy2(where(cell), cell.stand.folder / "kept")
        change(where(cell))

    def heal(cell):
        there = where(cell)
        there.unlink(missing_ok=True)
        shutil.copy2(cell.stand.folder / "kept", there)
        cell.stand.own(cell.stand.home / ".aws")

    return Kind(name, planned(begin), planned(heal), cuts=True, **more)


def of_state(name, change, heal=lambda cell, there: None, **more):
    """Something happens to what the daemon keeps in its state directory."""

    def begin(cell):
        change(there(cell))

    def there(cell):
        return state(cell) / "stsd"

    return Kind(name, begin, lambda cell: heal(cell, there(cell)), cuts=True, **more)


def write_as_user(file, text):
    """A file of the daemon's with another text, and the same owner and mode."""
    file.write_text(text)


def removed(name, what, back, where=lambda cell: state(cell) / "stsd"):
    """The daemon makes it again, and `back` is there when it has; the run goes on then."""

    def begin(cell):
        there = where(cell)
        what(there)
        deadline = time.monotonic() + 30
        while not (there / back).exists() and time.monotonic() < deadline:
            time.sleep(0.1)

    return Kind(name, begin)


def remove(there):
    """All at once: the daemon may be writing there."""
    away = there.with_name("away")
    there.rename(away)
    shutil.rmtree(away)


def token_back(cell, there):
    (there / "authorization-token").write_text(cell.stand.token)


GARBLED = b"[default\nregion = eu-central-1\n[profile prod]\nrole_arn == \xff\xfe\nsource_profile = default\n"
FILES = [
    full("the state directory's disk is full", state),
    read_only("the state directory is read-only", state),
    removed("the state directory is removed", remove, "aws/config"),
    removed("the authorization token's file is removed", lambda there: (there / "authorization-token").unlink(), "authorization-token"),
    of_state("the authorization token's file is changed", lambda there: write_as_user(there / "authorization-token", "b" * 64), token_back),
    removed("the view is removed", lambda there: (there / "aws/config").unlink(), "aws/config"),
    full("the runtime directory's disk is full", lambda cell: cell.stand.run),
    removed("the runtime directory is removed", remove, "creds.sock", lambda cell: cell.stand.run / "stsd"),
    read_only("the home is read-only", lambda cell: cell.stand.home),
    Kind("/tmp is full", tmp_full, lambda cell: unmount("/tmp"), clean=lambda cell: unmount("/tmp")),
    aws("~/.aws/config is removed", "config", Path.unlink),
    aws("~/.aws/config cannot be read", "config", lambda file: file.chmod(0)),
    aws("~/.aws/config is garbled", "config", lambda file: file.write_bytes(GARBLED)),
    aws("~/.aws/config is empty", "config", lambda file: file.write_bytes(b"")),
    aws("~/.aws/credentials is removed", "credentials", Path.unlink),
    aws("~/.aws/credentials cannot be read", "credentials", lambda file: file.chmod(0)),
]
