"""A headless Chromium, whose tabs are opened and closed by its DevTools' HTTP."""

import json
import shutil
import time
from urllib.parse import quote
from urllib.request import Request, urlopen

from driver.process import DEADLINE, Child, Failure

FLAGS = (
    # As root, and away from everything that is not on this machine.
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    # A page is as powerful as it can be: it needs no click, and no tab sleeps.
    "--disable-popup-blocking",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-port=0",
)


class Browser:
    def __init__(self, folder, rules, *more):
        program = shutil.which("chromium")
        if not program:
            raise Failure("there is no chromium: apt-get install chromium")
        profile = folder / "profile"
        profile.mkdir(parents=True)
        mapped = ",".join(f"MAP {name} {place}" for name, place in rules)
        command = [
            program,
            *FLAGS,
            *more,
            f"--user-data-dir={profile}",
            f"--host-resolver-rules={mapped}",
            "about:blank",
        ]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
        self._child = Child(command, environment, folder / "chromium.log")
        self._port = self._port_of(profile / "DevToolsActivePort")
        self.version = json.loads(self._ask("GET", "/json/version"))["Browser"]

    def _port_of(self, file):
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            if file.exists() and (lines := file.read_text().splitlines()):
                return int(lines[0])
            time.sleep(0.02)
        raise Failure(f"chromium did not start: {self._child.last_words()}")

    def open(self, url):
        """A tab; its id."""
        return json.loads(self._ask("PUT", "/json/new?" + quote(url, safe="")))["id"]

    def close(self, tab):
        self._ask("GET", f"/json/close/{tab}")

    def _ask(self, method, path):
        with urlopen(Request(f"http://127.0.0.1:{self._port}{path}", method=method), timeout=DEADLINE) as answer:
            return answer.read()

    def stop(self):
        self._child.stop()
