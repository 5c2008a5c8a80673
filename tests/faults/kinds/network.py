"""What stands between the gateway and STS: TLS, names, routes, a proxy, the bundle of roots."""

import shutil
import ssl

from harness.resolver import NXDOMAIN, REFUSED, SERVFAIL
from harness.world import DEAF

from .files import planned
from .kind import Kind

FIRST = "GetCallerIdentity"


def certificate(name, which):
    def begin(cell):
        cell.front.certificate = which

    return Kind(name, begin, hold=FIRST)


def connection(name, way):
    def begin(cell):
        cell.front.connection = way

    return Kind(name, begin, hold=FIRST)


def cut_in_the_handshake(front, stream):
    stream.recv(4096)
    return True


def hang_in_the_handshake(front, stream):
    stream.recv(4096)
    front.healed.wait(90)
    return True


def plaintext(front, stream):
    stream.recv(4096)
    stream.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    return True


def old(front, stream):
    """TLS 1.1 at most."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(front._certificates / "good.pem")
    with context.wrap_socket(stream, server_side=True):
        return True


def bundle(name, change):
    """The file that `ca_bundle` names."""

    def begin(cell):
        cell.stand.bundle.rename(cell.stand.bundle.with_name("kept.pem"))
        change(cell.stand.bundle)

    def heal(cell):
        cell.stand.bundle.with_name("kept.pem").replace(cell.stand.bundle)

    return Kind(name, planned(begin), planned(heal), hold=FIRST)


def replaced(cell):
    """By another file, which a gateway that runs may not read; nobody waits until the daemon has noticed."""
    new = cell.stand.bundle.with_name("new.pem")
    shutil.copy(cell.stand.bundle, new)
    new.replace(cell.stand.bundle)


def resolver(name, **how):
    def begin(cell):
        for key, value in how.items():
            setattr(cell.world.resolver, key, value)

    return Kind(name, begin, hold=FIRST)


def empty_configuration(cell):
    cell.world.resolv.write_text("")


def proxy(name, begin):
    return Kind(name, begin, lambda cell: cell.stand.proxy.heal(), stand={"proxy": True}, hold=FIRST)


def proxy_answers(text):
    def begin(cell):
        cell.stand.proxy.way = lambda stream: stream.sendall(text)

    return begin


def proxy_hangs(cell):
    cell.stand.proxy.way = lambda stream: cell.front.healed.wait(90)


NETWORK = [
    certificate("a certificate that has ended", "ended"),
    certificate("a certificate that is not valid yet", "early"),
    certificate("a certificate for another name", "elsewhere"),
    certificate("a certificate of an unknown authority", "unknown"),
    connection("a handshake that is cut", cut_in_the_handshake),
    connection("a handshake without an end", hang_in_the_handshake),
    connection("plain HTTP where TLS should be", plaintext),
    connection("TLS 1.1 at most", old),
    bundle("ca_bundle is missing", lambda file: None),
    bundle("ca_bundle is garbled", lambda file: file.write_text("-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n")),
    bundle("ca_bundle is empty", lambda file: file.write_text("")),
    Kind("ca_bundle is replaced by its like", replaced, hold=FIRST),
    resolver("the name does not exist", code=NXDOMAIN),
    resolver("the resolver fails", code=SERVFAIL),
    resolver("the resolver refuses", code=REFUSED),
    resolver("the resolver is silent", silent=True),
    Kind("resolv.conf is empty", empty_configuration, hold=FIRST),
    resolver("no route to STS", address="203.0.113.1"),
    resolver("packets to STS are lost", address=DEAF),
    proxy("the proxy is gone", lambda cell: cell.stand.proxy.refuse()),
    proxy("the proxy wants a password", proxy_answers(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")),
    proxy("the proxy answers 502", proxy_answers(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")),
    proxy("the proxy hangs", proxy_hangs),
]
