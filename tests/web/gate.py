"""A port as Chromium sees it: what stands behind it answers, and every byte in both directions is kept.

Chromium is told to connect here instead of to the port that its URL names, so that Host, Origin and all the
rest are what they would be without a gate.
"""

import re
import select
import socket
import threading
import time

FIRST_LINE = re.compile(rb"^[A-Z]+ (\S+) HTTP/")
# Pages of the evil origin, for a page that has rebound its own name to this port.
PAGE = b"/page/"
# Longer than anybody here waits for anything.
SILENCE = 20


class Exchange:
    """One connection: what the browser said, and what it was told."""

    def __init__(self):
        self.request, self.answer, self.over = b"", b"", False

    @property
    def path(self):
        """The path of the first request, if it was one."""
        line = FIRST_LINE.match(self.request)
        return line.group(1).decode("latin-1") if line else ""

    @property
    def status(self):
        """Of the answer, if there was one."""
        words = self.answer.split(b" ", 2)
        return int(words[1]) if len(words) > 2 and words[0] == b"HTTP/1.1" else None

    def head(self):
        """The request's head: its first line, and the fields."""
        lines = self.request.split(b"\r\n\r\n", 1)[0].decode("latin-1").split("\r\n")
        return lines[0], [line.partition(": ")[::2] for line in lines[1:]]


class Gate:
    """Listens, and passes on."""

    def __init__(self, behind, pages):
        self._behind, self._pages = behind, pages
        self.exchanges, self._changed = [], threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def wait(self, wanted, seconds):
        """The first exchange that is wanted, once there is one."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                found = [one for one in self.exchanges if wanted(one)]
                left = deadline - time.monotonic()
                if found or left <= 0:
                    return found[0] if found else None
                self._changed.wait(left)

    def _accept(self):
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._pass, args=(connection,), daemon=True).start()

    def _pass(self, connection):
        exchange = Exchange()
        try:
            with connection:
                connection.settimeout(SILENCE)
                first, behind = self._first_bytes(exchange, connection)
                with behind:
                    self._both_ways(exchange, first, connection, behind)
        except OSError:
            pass
        self._is_over(exchange)

    def _first_bytes(self, exchange, connection):
        """What the browser says first, and who is to hear it. One that says nothing at once is connected too, as it
        would be without a gate; but if it asks for a page then, somebody else answers."""
        first = connection.recv(65536) if select.select([connection], [], [], 0.5)[0] else None
        behind = None
        if first is None:
            self._note(exchange)
            behind = socket.create_connection(self._behind, timeout=SILENCE)
            ready = select.select([connection, behind], [], [], SILENCE)[0]
            first = connection.recv(65536) if connection in ready else b""
        line = FIRST_LINE.match(first)
        if line and line.group(1).startswith(PAGE):
            with self._changed:
                self.exchanges = [one for one in self.exchanges if one is not exchange]
            return first, socket.create_connection(self._pages, timeout=SILENCE)
        if behind is None:
            self._note(exchange)
            behind = socket.create_connection(self._behind, timeout=SILENCE)
        return first, behind

    def _note(self, exchange):
        with self._changed:
            self.exchanges = [*self.exchanges, exchange]
            self._changed.notify_all()

    def _is_over(self, exchange):
        with self._changed:
            exchange.over = True
            self._changed.notify_all()

    def _both_ways(self, exchange, first, browser, behind):
        with self._changed:
            exchange.request += first
        behind.sendall(first)
        back = threading.Thread(target=self._back, args=(exchange, behind, browser), daemon=True)
        back.start()
        try:
            while data := browser.recv(65536):
                exchange.request += data
                behind.sendall(data)
            behind.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        back.join()

    def _back(self, exchange, behind, browser):
        try:
            while data := behind.recv(65536):
                exchange.answer += data
                browser.sendall(data)
        except OSError:
            pass
        self._is_over(exchange)
        try:
            browser.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
