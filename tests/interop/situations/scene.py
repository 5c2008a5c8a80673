"""A stand with everything that the situations change about it: shells, homes, other servers, and a broken daemon."""

from contextlib import contextmanager

from driver.stand import REGION

from .fakes import Fakes, Federation
from .situation import without


class Scene:
    """One subject's stand; the subject goes through all situations here, one after the other."""

    def __init__(self, stand):
        self.stand, self.fakes = stand, Fakes(stand.emulator.url)
        self._shells, self._homes = {}, 0
        self._state = stand.home / ".local/state"
        self.token_file = self._state / "stsd/authorization-token"
        self.port_file = self._state / "stsd/port"
        self.view = self._state / "stsd/aws/config"
        variables = stand.variables("prod")
        self.port = int(variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"].split(":")[2].split("/")[0])
        # A daemon that is told its port does not record it, as one does that chose it.
        self.port_file.write_text(str(self.port))

    def stop(self):
        self.fakes.stop()

    def user(self):
        """A shell that knows nothing of stsd; and, since this is a test, where AWS is."""
        aws = {"AWS_ENDPOINT_URL": self.stand.emulator.url, "AWS_ENDPOINT_URL_STS": self.fakes.url(Federation)}
        return self.stand.user() | aws | {"XDG_STATE_HOME": str(self._state)}

    def shell(self, profile="prod", **more):
        """After `eval "$(stsd env PROFILE)"`, and then `export …`."""
        if profile not in self._shells:
            self._shells[profile] = self.stand.shell(profile, self.user())
        return self._shells[profile] | more

    def endpoint(self, profile="prod", **more):
        """Nothing but the two variables and a region, and a home without AWS files."""
        return {
            **self.user(),
            "HOME": str(self.stand.bare_home),
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{self.port}/creds/{profile}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(self.token_file),
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            **more,
        }

    def home(self, **files):
        """A new home; the files are those of ~/.aws."""
        self._homes += 1
        aws = self.stand.folder / f"home-{self._homes}" / ".aws"
        aws.mkdir(parents=True)
        for name, text in files.items():
            (aws / name).write_text(text)
            (aws / name).chmod(0o600)
        return str(aws.parent)

    def file(self, name, text, mode=0o600):
        """A file beside the homes, and its path."""
        path = self.stand.folder / name
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    @contextmanager
    def edited(self, path, change):
        """A file with another text for a while; nothing stands for no file."""
        before = path.read_text() if path.exists() else None
        mode = path.stat().st_mode if path.exists() else 0o600
        replace(path, change(before), mode)
        try:
            yield
        finally:
            replace(path, before, mode)

    @contextmanager
    def mode(self, path, mode):
        """Other permissions for a while."""
        before = path.stat().st_mode
        path.chmod(mode)
        try:
            yield
        finally:
            path.chmod(before)


def replace(path, text, mode):
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_text(text)
        path.chmod(mode)


def disconnected(environment):
    """Without the endpoint: an editor that was given the view alone."""
    return without(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
