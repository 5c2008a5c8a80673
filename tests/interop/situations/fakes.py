"""Other servers on loopback that a tool may ask by mistake: each counts its visitors, and some give credentials."""

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .situation import KEYS, SECRET

FOREVER = "2099-01-01T00:00:00Z"
ROLE = "interop"
FEDERATED = f"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult>
<AssumedRoleUser>
<Arn>arn:aws:sts::123456789012:assumed-role/deploy/web</Arn><AssumedRoleId>AROA:web</AssumedRoleId>
</AssumedRoleUser>
<Credentials><AccessKeyId>{KEYS["web-identity"]}</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey>
<SessionToken>obviously-not-a-session-token</SessionToken><Expiration>{FOREVER}</Expiration></Credentials>
</AssumeRoleWithWebIdentityResult>
<ResponseMetadata><RequestId>none</RequestId></ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>
"""


def credentials(place):
    """As the container and the instance metadata service give them."""
    return {
        "Code": "Success",
        "Type": "AWS-HMAC",
        "AccessKeyId": KEYS[place],
        "SecretAccessKey": SECRET,
        "Token": "obviously-not-a-session-token",
        "Expiration": FOREVER,
        "LastUpdated": "2026-01-01T00:00:00Z",
    }


class Fake(BaseHTTPRequestHandler):
    """Answers one request; says nothing on standard error."""

    def log_message(self, *_):
        pass

    def text(self, status, text, **headers):
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class Container(Fake):
    """The credentials endpoint of somebody else."""

    def do_GET(self):
        self.text(200, json.dumps(credentials("container")))


class Instance(Fake):
    """The instance metadata service, version 2."""

    def do_PUT(self):
        self.text(200, "obviously-not-a-secret", X_aws_ec2_metadata_token_ttl_seconds="21600")

    def do_GET(self):
        path = self.path.rstrip("/")
        if path.endswith("/iam/security-credentials"):
            self.text(200, ROLE)
        elif path.endswith(f"/iam/security-credentials/{ROLE}"):
            self.text(200, json.dumps(credentials("instance-metadata")))
        else:
            self.text(404, "")


class Portal(Fake):
    """The portal of IAM Identity Center: GetRoleCredentials."""

    def do_GET(self):
        role = {"accessKeyId": KEYS["sso"], "secretAccessKey": SECRET, "sessionToken": "obviously-none"}
        self.text(200, json.dumps({"roleCredentials": role | {"expiration": 4070908800000}}))


class Federation(Fake):
    """An STS that takes every web identity token, and whatever else it is asked on to the emulator's."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if b"Action=AssumeRoleWithWebIdentity" in body:
            self.text(200, FEDERATED, Content_Type="text/xml")
        else:
            forward(self, self.server.upstream + self.path, body)


class Proxy(Fake):
    """A forward proxy: passes on what it is sent, and remembers the paths."""

    def do_GET(self):
        self._forward(None)

    def do_POST(self):
        self._forward(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _forward(self, body):
        self.server.paths.append(self.path)
        forward(self, self.path, body)


def forward(fake, url, body):
    """The same request to somebody else, and his answer; the signed headers stay as they are."""
    names = ("Proxy-Connection", "Connection", "Content-Length")
    headers = {name: value for name, value in fake.headers.items() if name not in names}
    request = urllib.request.Request(url, data=body, headers=headers, method=fake.command)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            fake.text(answer.status, answer.read().decode())
    except urllib.error.HTTPError as refused:
        fake.text(refused.code, refused.read().decode())


class Fakes:
    """All of them, each at a port of its own, and one port where nobody is."""

    def __init__(self, upstream):
        self._servers = {}
        for kind in (Container, Instance, Portal, Federation, Proxy):
            server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
            server.upstream, server.paths = upstream, []
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self._servers[kind] = server
        self._nobody = ThreadingHTTPServer(("127.0.0.1", 0), Fake, bind_and_activate=False)
        # Bound and never listened at: nobody else can take it, and whoever connects is refused.
        self._nobody.server_bind()

    def port(self, kind):
        """Where one of them is."""
        return self._servers[kind].server_address[1]

    @property
    def dead_port(self):
        """Where nobody is."""
        return self._nobody.server_address[1]

    def url(self, kind):
        """The same as a URL."""
        return f"http://127.0.0.1:{self.port(kind)}"

    def proxied(self):
        """What the proxy was sent until now."""
        return list(self._servers[Proxy].paths)

    def stop(self):
        for server in self._servers.values():
            server.shutdown()
            server.server_close()
        self._nobody.server_close()
