"""A resolver on loopback, and a proxy: what a laptop has on its way to STS."""

import socket
import struct
import threading
from pathlib import Path

ADDRESS = ("127.0.0.53", 53)
NXDOMAIN, SERVFAIL, REFUSED = 3, 2, 5
CONFIGURATION = f"nameserver {ADDRESS[0]}\n"


class Resolver:
    """Answers A with `address`; with an error if `code` is set; not at all if it is silent. For the whole worker."""

    def __init__(self):
        self.heal()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(ADDRESS)
        threading.Thread(target=self._serve, daemon=True).start()

    def heal(self):
        self.address, self.code, self.silent = "127.0.0.1", 0, False

    def _serve(self):
        while True:
            query, peer = self._socket.recvfrom(4096)
            if not self.silent:
                self._socket.sendto(self._answer(query), peer)

    def _answer(self, query):
        end = query.index(b"\0", 12) + 5
        kind = struct.unpack("!H", query[end - 4 : end - 2])[0]
        answers = b""
        if kind == 1 and not self.code:
            answers = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 1, 4) + socket.inet_aton(self.address)
        head = query[:2] + struct.pack("!HHHHH", 0x8180 | self.code, 1, bool(answers), 0, 0)
        return head + query[12:end] + answers


class Proxy:
    """Passes CONNECT on to the front; `way` is what goes wrong, a function of a connection."""

    PORT = 3128

    def __init__(self):
        self.way, self._listener, self.tunnels = None, None, 0
        self.listen()

    def listen(self):
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.PORT))
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def refuse(self):
        if self._listener is not None:
            listener, self._listener = self._listener, None
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def heal(self):
        self.way = None
        self.listen()

    def _accept(self, listener):
        while True:
            try:
                stream, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(stream,), daemon=True).start()

    def _serve(self, stream):
        with stream:
            head = b""
            while b"\r\n\r\n" not in head:
                chunk = stream.recv(4096)
                if not chunk:
                    return
                head += chunk
            if self.way:
                return self.way(stream)
            self.tunnels += 1
            with socket.create_connection(("127.0.0.1", 443)) as there:
                stream.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=pump, args=(there, stream), daemon=True)
                back.start()
                pump(stream, there)
                back.join(30)


def pump(source, sink):
    try:
        while chunk := source.recv(65536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def point_at_ourselves(folder):
    """This mount namespace's /etc asks our resolver and no other; returns the file that says so."""
    ours = Path(folder) / "resolv.conf"
    ours.write_text(CONFIGURATION)
    switch = Path(folder) / "nsswitch.conf"
    switch.write_text("passwd: files\ngroup: files\nhosts: files dns\n")
    return ours, switch
