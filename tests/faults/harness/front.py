"""STS as the gateway sees it: HTTPS at its real name, in front of the emulator, which verifies and answers; between
the two everything may go wrong. Each answer ends its connection, so that the next request makes a new one."""

import http.client
import re
import socket
import ssl
import struct
import threading

PORT = 443
SECRETS = re.compile(rb"<(?:SecretAccessKey|SessionToken)>([^<]+)<")
ACTION = re.compile(rb"Action=(\w+)")


class Reply:
    """An answer before it is sent."""

    def __init__(self, status, reason, headers, body):
        self.status, self.reason, self.headers, self.body = status, reason, dict(headers), body

    def bytes(self, length=None):
        """On the wire; `length` instead of the true one."""
        headers = self.headers | {"Content-Length": len(self.body) if length is None else length, "Connection": "close"}
        lines = [f"HTTP/1.1 {self.status} {self.reason}", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class Front:
    """`connection` and `request` are what goes wrong: functions of a connection, or nothing."""

    def __init__(self, upstream, certificates):
        self._upstream, self._certificates = upstream, certificates
        self.certificate, self.connection, self.request = "good", None, None
        self.secrets, self.actions = set(), []
        self.healed = threading.Event()
        self._held, self.arrived, self._released = None, threading.Event(), threading.Event()
        self._listener, self._open = None, set()
        self.listen()

    def listen(self):
        """Opens the port, unless it is open."""
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", PORT), backlog=64)
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def refuse(self):
        """Closes the port: whoever connects is refused."""
        if self._listener is not None:
            listener, self._listener = self._listener, None
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def hold(self, action):
        """The next such request waits until it is released."""
        self.arrived.clear()
        self._released.clear()
        self._held = action

    def release(self):
        self._held = None
        self._released.set()

    def heal(self):
        """Nothing goes wrong from here on."""
        self.certificate, self.connection, self.request = "good", None, None
        self.healed.set()
        self.healed = threading.Event()
        self.listen()

    def stop(self):
        self.release()
        self.refuse()
        self.healed.set()
        for stream in list(self._open):
            close(stream)

    def _accept(self, listener):
        while True:
            try:
                stream, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(stream,), daemon=True).start()

    def _serve(self, stream):
        self._open.add(stream)
        try:
            if self.connection and self.connection(self, stream):
                return
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificates / f"{self.certificate}.pem")
            with context.wrap_socket(stream, server_side=True) as stream:
                self._open.add(stream)
                self._answer(stream, *read_request(stream))
        except (OSError, ValueError):
            # Whoever asked has gone, or does not like our certificate.
            pass
        finally:
            self._open.discard(stream)
            close(stream)

    def _answer(self, stream, head, body):
        found = ACTION.search(body)
        action = found.group(1).decode() if found else ""
        self.actions.append(action)
        if action and action == self._held:
            self._held = None
            self.arrived.set()
            self._released.wait(60)
        if self.request:
            self.request(self, stream, lambda: self.forward(head, body))
        else:
            stream.sendall(self.forward(head, body).bytes())

    def forward(self, head, body):
        """What the emulator says."""
        path, headers = head[0].split(" ")[1], dict(line.split(": ", 1) for line in head[1:])
        upstream = http.client.HTTPConnection("127.0.0.1", self._upstream, timeout=30)
        upstream.putrequest("POST", path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            upstream.putheader(name, value)
        upstream.endheaders(body)
        answer = upstream.getresponse()
        text = answer.read()
        upstream.close()
        self.secrets.update(found.decode() for found in SECRETS.findall(text))
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in ("content-length", "connection")}
        return Reply(answer.status, answer.reason, kept, text)


def read_request(stream):
    """The lines of the head, and the body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += some(stream)
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    wanted = next((int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:")), 0)
    while len(body) < wanted:
        body += some(stream)
    return lines, body


def some(stream):
    data = stream.recv(65536)
    if not data:
        raise ValueError("the request ended early")
    return data


def reset(stream):
    """Closes it with a RST."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.close()


def close(stream):
    try:
        stream.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    stream.close()
