"""A daemon with a profile for each way, unlocked and with its credentials at hand; and the good request."""

import base64
import json
import re
import socket

from driver.stand import REGION, Stand

ROLE = "arn:aws:iam::444455556666:role/prod"


class Unlocked(Stand):
    """So that a way cannot be refused for what it asks for, and is told by its path."""

    def __init__(self, binaries, folder, ways):
        self.ways = ways
        super().__init__(binaries, folder)
        self.unlock()
        said = (folder / "daemon.log").read_text()
        self.port = int(re.search(r"ready on http://127\.0\.0\.1:(\d+)", said).group(1))
        self.token = next((folder / "home").rglob("authorization-token")).read_text()
        self.secrets = [secret for way in ways for secret in self._credentials(way)]

    def good(self, way):
        """The request that an SDK would send, answered with credentials."""
        fields = [("Host", f"127.0.0.1:{self.port}"), ("Authorization", self.token)]
        return self.ask(f"GET /creds/{way} HTTP/1.1", fields)

    def ask(self, line, fields):
        """Status and body of a request of these fields, sent to the daemon itself."""
        head = "".join(f"{one}\r\n" for one in (line, *(f"{name}: {value}" for name, value in fields)))
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(f"{head}\r\n".encode("latin-1"))
            with connection.makefile("rb") as answer:
                text = answer.read().decode()
        return int(text.split(" ")[1]), text.partition("\r\n\r\n")[2]

    def served(self):
        """How often the daemon says that it has served somebody."""
        return (self.folder / "daemon.log").read_text().count(": served")

    def _credentials(self, way):
        status, body = self.good(way)
        answer = json.loads(body)
        assert status == 200, body
        return [answer["AccessKeyId"], answer["SecretAccessKey"], answer["Token"]]

    def _write_profiles(self):
        super()._write_profiles()
        profiles = "".join(
            f"\n[profile {way}]\nregion = {REGION}\nendpoint_url = {self.emulator.url}\nrole_arn = {ROLE}\n"
            "source_profile = default\n"
            for way in self.ways
        )
        with open(self.home / ".aws" / "config", "a") as config:
            config.write(profiles)


def spellings(secret):
    """The secret as it is, and as a page or an answer could hold it by accident."""
    raw = secret.encode()
    coded = [base64.b64encode(b"\0" * offset + raw).decode()[4:-5] for offset in range(3)]
    return [secret, raw.hex(), raw.hex().upper(), json.dumps(secret)[1:-1], secret.replace("/", "%2F"), *coded]
