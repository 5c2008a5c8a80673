"""Each way, on a server that permits everything and on stsd; then what was asked, answered and read."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pages
from browser import Browser
from gate import Gate
from servers import Permissive, Reports, Server, Site
from stand import Unlocked, spellings
from verdict import Result, Verdict
from ways import WAYS

# As many tabs as a machine of two processors draws.
TABS = 4
# What comes at all comes far sooner; what does not come is a failure.
PATIENCE = 15
# A few of each kind.
PUBLIC = (
    "fetch-cors",
    "fetch-no-cors",
    "img",
    "script",
    "iframe",
    "websocket",
    "form-get",
    "window-open",
    "window-open-noreferrer",
)
NAMES = ("127.0.0.1", "localhost", "[::1]", "evil.test", "loopback.test", "127.0.0.1.evil.test")


def run(programs, folder, names):
    trial = None
    try:
        trial = Trial(programs, folder, names)
        return trial.run()
    finally:
        if trial:
            trial.stop()


class Trial:
    def __init__(self, programs, folder, names):
        self.folder, self.ways = folder, [WAYS[name] for name in names]
        self.stand, self.browser = Unlocked(programs, folder / "stand", names), None
        self.reports, self.site = Reports(), Server(Site)
        self.site.hear, self.site.token = self.reports.hear, self.stand.token
        evil = ("127.0.0.1", self.site.port)
        self.gates = {
            "control": Gate(("127.0.0.1", Server(Permissive).port), evil),
            "stsd": Gate(("127.0.0.1", self.stand.port), evil),
        }
        # The control is called by the port where its gate is; stsd by its own.
        self.ports = {"control": self.gates["control"].port, "stsd": self.stand.port}
        rules = [
            (f"{name}:{self.ports[at]}", f"127.0.0.1:{gate.port}") for at, gate in self.gates.items() for name in NAMES
        ]
        self.rules = [*rules, ("*.test", "127.0.0.1")]
        self.browser = Browser(folder / "chromium", self.rules)

    def stop(self):
        if self.browser:
            self.browser.stop()
        self.stand.stop()

    def run(self):
        good = self.stand.served()
        with ThreadPoolExecutor(TABS) as pool:
            results = list(pool.map(self.attempt, [way for way in self.ways if not (way.raw or way.seen)]))
        # Bytes without a path are told from others by their time alone.
        results += [self.attempt(way) for way in self.ways if way.raw or way.seen]
        verdict = Verdict(self.stand, [text for secret in self.stand.secrets for text in spellings(secret)])
        verdict.served = self.stand.served() - good
        through = self.from_a_public_address() if len(self.ways) == len(WAYS) else None
        return verdict.print(results, self.gates["stsd"], self.browser.version, through)

    def from_a_public_address(self):
        """Which of some ways Chromium itself lets through when the evil site's address is a public one: no test, since
        that is Chromium's to decide, and to change."""
        self.browser.stop()
        public = f"--ip-address-space-overrides=127.0.0.1:{self.site.port}=public"
        self.browser = Browser(self.folder / "public", self.rules, public)
        self.reports.forget()
        gate, through = self.gates["stsd"], []
        for way in (WAYS[name] for name in PUBLIC):
            before = list(gate.exchanges)
            self.browser.open(self.page(way, "stsd"))
            self.reports.wait(way.name, "stsd", PATIENCE)
            asked = gate.wait(lambda one, way=way: one not in before and one.path.endswith(way.name), 0.5)
            through += [way.name] if asked else []
        return through

    def attempt(self, way):
        result = Result(way)
        for at, gate in self.gates.items():
            before = list(gate.exchanges)
            tab = self.browser.open(self.page(way, at))
            found = {"read": ""} if way.from_ == "nowhere" else self.reports.wait(way.name, at, PATIENCE)
            result.read[at] = found and found["read"]
            result.exchange[at] = gate.wait(lambda one: self.is_of(way, one, gate, before, at), PATIENCE)
            self.browser.close(tab)
        return result

    @staticmethod
    def is_of(way, exchange, gate, before, at):
        if way.raw:
            # A server that waits for more may wait for ever; stsd does not.
            is_over = exchange.over or at == "control"
            return is_over and exchange not in before and not exchange.path
        return exchange.over and exchange.path.partition("?")[0] == f"/creds/{way.name}"

    def page(self, way, at):
        """The URL of the way's page for a target."""
        port = self.ports[at]
        site = f"http://evil.test:{self.site.port}"
        target = f"{way.scheme}://{way.to}:{port}/creds/{way.name}"
        if way.from_ == "nowhere":
            return target
        asked = {"target": target, "site": site, "at": at}
        place = {
            "evil": site,
            "local": f"http://127.0.0.1:{self.site.port}",
            "rebound": f"http://evil.test:{port}",
            "file": "file://",
        }[way.from_]
        if way.from_ != "file":
            return f"{place}/page/{way.name}?{urlencode(asked)}"
        file = self.folder / f"{way.name}-{at}.html"
        file.write_text(pages.page(way.name, asked, self.stand.token)[1])
        return f"{place}{file}"
