"""What came of the ways: whether each works at all, what it sends, and that stsd gives it nothing."""

import re

# What stsd refuses whoever sends it, as `wire/policy.rs` has it.
REFUSED = re.compile(
    r"(Origin|Referer|Cookie|Sec-.*|Access-Control-.*|Forwarded|X-Forwarded-.*|X-Real-IP|Via|Proxy-.*|Upgrade"
    r"|HTTP2-Settings|Trailer|Transfer-Encoding|Content-Encoding|Expect)",
    re.IGNORECASE,
)


class Result:
    """One way: what its page read, and its first connection, at both targets."""

    def __init__(self, way):
        self.way, self.read, self.exchange = way, {}, {}


class Verdict:
    def __init__(self, stand, secrets):
        self.stand, self.secrets = stand, secrets
        self.served = self.passed = self.failed = 0

    def print(self, results, gate, version, through):
        print(
            f"{version}\n\n{'way':30} {'from':8} {'control':12} {'stsd':34} what Chromium sent to it that stsd refuses"
        )
        self.by_host_alone, self.by_token_alone = [], []
        for result in results:
            self.row(result)
        answers = [one for one in gate.exchanges if one.answer]
        self.check(
            "no answer of stsd's to Chromium was a 2xx", not [one for one in answers if (one.status or 0) // 100 == 2]
        )
        leaks = [one.path for one in answers if self.leaks(one.answer.decode("latin-1"))]
        self.check(f"no answer held a part of a credential {leaks}", not leaks)
        self.check(f"the daemon says that it served none of them ({self.served})", self.served == 0)
        self.check(f"no way is stopped by the authorization token alone {self.by_token_alone}", not self.by_token_alone)
        served = all(self.stand.good(result.way.name)[0] == 200 for result in results)
        self.check("an SDK's request for each of these profiles is served before and after", served)
        print(
            f"\n{len(results)} ways, {len(answers)} requests of Chromium's answered; by its Host alone was refused: "
            f"{', '.join(self.by_host_alone) or 'none'}"
        )
        if through is not None:
            print(f"from a public address Chromium itself lets through: {', '.join(through) or 'nothing'}")
        print(f"\n{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0

    def row(self, result):
        """Looks at one way, and prints it."""
        way, control, asked = result.way, result.exchange["control"], result.exchange["stsd"]
        read = result.read["stsd"] or ""
        works = bool(control) and (not way.reads or bool(result.read["control"]))
        # The page's own origin: it may read that it was refused, and by whom.
        may_read = way.from_ == "rebound"
        ok = (
            works
            and bool(asked)
            and result.read["stsd"] is not None
            and (not read or may_read)
            and not self.leaks(read)
        )
        sent = self.refused_fields(way, asked)
        said = f"{asked.status or 'closed'}, {len(read)} bytes read" if asked else "never asked"
        seen = "read" if result.read["control"] else "asked" if control else "NOTHING"
        print(f"{way.name:30} {way.from_:8} {seen:12} {said:34} {sent}", flush=True)
        self.check(
            None if ok else f"{way.name}: control {seen}, read {read[:200]!r}, asked {asked and asked.request[:300]!r}",
            ok,
        )

    def refused_fields(self, way, exchange):
        """Their names. Then the same head, as a GET with the right authorization token: is anything else in the way?"""
        if not exchange or not exchange.path:
            return "no HTTP" if exchange and exchange.request else "not a byte"
        line, fields = exchange.head()
        names = sorted({name for name, _ in fields if REFUSED.fullmatch(name)})
        host = next((value for name, value in fields if name.lower() == "host"), "")
        if host not in (f"{name}:{self.stand.port}" for name in ("127.0.0.1", "localhost", "[::1]")):
            names.insert(0, f"Host {host}")
        kept = [
            (name, value)
            for name, value in fields
            if name.lower() not in ("authorization", "content-length", "content-type")
        ]
        status, _ = self.stand.ask(
            f"GET {exchange.path.partition('?')[0]} HTTP/1.1", [*kept, ("Authorization", self.stand.token)]
        )
        if status == 200:
            self.by_token_alone.append(way.name)
        elif len(names) == 1 and names[0].startswith("Host "):
            self.by_host_alone.append(way.name)
        return f"{line.split(' ')[0]}: {', '.join(names)}"

    def leaks(self, text):
        return any(secret in text for secret in self.secrets)

    def check(self, sentence, passed):
        self.passed, self.failed = self.passed + bool(passed), self.failed + (not passed)
        if sentence:
            print(f"{'ok     ' if passed else 'FAILED '} {sentence}", flush=True)
