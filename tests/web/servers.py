"""The evil site, which serves the pages and hears what they found; and a server that permits everything, which
shows that a way works when nobody refuses it.
"""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pages
from ways import WAYS

# A picture of one pixel, and what every other kind of thing is when it is there.
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
CONTENT = {
    "json": ("application/json", b'{"readable":"yes"}'),
    "script": ("text/javascript", b"self.readable = 'yes'; self.hear && self.hear('yes');"),
    "style": ("text/css", b":root { --readable: yes }"),
    "image": ("image/gif", PIXEL),
    "events": ("text/event-stream", b"data: yes\n\n"),
    "captions": ("text/vtt", b"WEBVTT\n\n00:00.000 --> 10:00.000\nyes\n"),
    "page": ("text/html", b"<!doctype html><title>yes</title>"),
}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, address):
        """A browser that hangs up is nothing to tell of."""


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Nothing: what was asked is kept elsewhere."""

    def answer(self, status, kind, body, fields=()):
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            *fields,
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.close_connection = True

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


class Permissive(Answering):
    """Answers everybody, with whatever CORS asks for."""

    def any(self):
        self.body()
        way = WAYS.get(urlsplit(self.path).path.rpartition("/")[2])
        kind, body = CONTENT[way.content if way else "json"]
        asked = self.headers.get("Access-Control-Request-Headers", "*")
        self.answer(
            200,
            kind,
            b"" if self.command == "OPTIONS" else body,
            (
                ("Access-Control-Allow-Origin", self.headers.get("Origin", "*")),
                ("Access-Control-Allow-Credentials", "true"),
                ("Access-Control-Allow-Methods", "GET, POST, PUT"),
                ("Access-Control-Allow-Headers", asked),
                ("Access-Control-Allow-Private-Network", "true"),
                ("Cache-Control", "no-store"),
            ),
        )

    do_GET = do_POST = do_PUT = do_OPTIONS = do_HEAD = any


class Site(Answering):
    """`/page/WAY?target=…` is a page, `/redirect?…` leads to a target, `/report?…` is what a page found."""

    def do_GET(self):
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/redirect":
            self.answer(
                int(asked["status"]),
                "text/plain",
                b"",
                [
                    ("Location", asked["to"]),
                    ("Access-Control-Allow-Origin", "*"),
                ],
            )
        elif url.path.startswith("/page/"):
            kind, body, fields = pages.page(url.path.removeprefix("/page/"), asked, self.server.token)
            self.answer(200, kind, body.encode(), [("Cache-Control", "no-store"), *fields])
        else:
            self.answer(404, "text/plain", b"")

    def do_POST(self):
        url = urlsplit(self.path)
        body = self.body()
        if url.path == "/redirect":
            return self.do_GET()
        if url.path == "/report":
            asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            self.server.hear(asked["way"], asked["at"], json.loads(body))
        self.answer(200, "text/plain", b"", [("Access-Control-Allow-Origin", "*")])
        return None


class Reports:
    """What the pages have found, by way and target."""

    def __init__(self):
        self._heard, self._changed = {}, threading.Condition()

    def hear(self, way, at, found):
        with self._changed:
            self._heard.setdefault((way, at), found)
            self._changed.notify_all()

    def forget(self):
        with self._changed:
            self._heard.clear()

    def wait(self, way, at, seconds):
        with self._changed:
            self._changed.wait_for(lambda: (way, at) in self._heard, seconds)
            return self._heard.get((way, at))
