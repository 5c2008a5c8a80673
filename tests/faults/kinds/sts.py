"""STS itself answers wrongly, late or never."""

import time

from harness.front import Reply, reset

from .kind import Kind

XML = {"Content-Type": "text/xml"}
ERROR = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code>\
<Message>{message}</Message></Error><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ErrorResponse>"""
PORTAL = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Accept our terms</form></body></html>"


def answered(name, answer):
    """A kind in which every request is given to `answer(front, stream, forward)`."""

    def begin(cell):
        cell.front.request = answer

    return Kind(name, begin)


def hang(front, stream, forward):
    front.healed.wait(90)


def half(front, stream, forward):
    data = forward().bytes()
    stream.sendall(data[: len(data) - 200])
    front.healed.wait(90)


def drip(front, stream, forward):
    data, healed = forward().bytes(), front.healed
    for place in range(len(data)):
        stream.sendall(data[place : place + 1])
        if healed.wait(0.5):
            return


def cut(front, stream, forward):
    reset(stream)


def hang_up(front, stream, forward):
    pass


def error(status, code, message, reason="Error"):
    def answer(front, stream, forward):
        body = ERROR.format(code=code, message=message).encode()
        stream.sendall(Reply(status, reason, XML | {"Date": date()}, body).bytes())

    return answer


def plain(status, body, headers):
    def answer(front, stream, forward):
        stream.sendall(Reply(status, "Whatever", headers, body).bytes())

    return answer


def changed(change):
    """STS's own answer, with a change."""

    def answer(front, stream, forward):
        reply = forward()
        change(reply)
        stream.sendall(reply.bytes())

    return answer


def halve(reply):
    reply.body = reply.body[: len(reply.body) // 2]


def without_date(reply):
    reply.headers = {name: value for name, value in reply.headers.items() if name.lower() != "date"}


def with_date(text):
    def change(reply):
        without_date(reply)
        reply.headers["Date"] = text

    return change


def ended(reply):
    """The credentials in it ended in 2020."""
    begin, end = reply.body.find(b"<Expiration>"), reply.body.find(b"</Expiration>")
    if begin > 0:
        reply.body = reply.body[:begin] + b"<Expiration>2020-01-01T00:00:00Z" + reply.body[end:]


def blank(reply):
    """No secret access key in it."""
    begin, end = reply.body.find(b"<SecretAccessKey>"), reply.body.find(b"</SecretAccessKey>")
    if begin > 0:
        reply.body = reply.body[:begin] + b"<SecretAccessKey>" + reply.body[end:]


def too_long(front, stream, forward):
    reply = forward()
    stream.sendall(reply.bytes(len(reply.body) + 500))


def too_short(front, stream, forward):
    reply = forward()
    stream.sendall(reply.bytes(len(reply.body) - 300))


def endless(front, stream, forward):
    """A body without an end, as fast as it is read."""
    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n<GetSessionTokenResponse>")
    healed, block, end = front.healed, b"<x>" + b"a" * 65536 + b"</x>", time.monotonic() + 60
    while not healed.is_set() and time.monotonic() < end:
        stream.sendall(block)


def date():
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())


def refuse(cell):
    cell.front.refuse()


STS = [
    Kind("connection refused", refuse, hold="GetCallerIdentity"),
    answered("no answer", hang),
    answered("half an answer, and then nothing", half),
    answered("a byte every half second", drip),
    answered("connection reset", cut),
    answered("connection closed without an answer", hang_up),
    answered("500 InternalFailure", error(500, "InternalFailure", "We encountered an internal error")),
    answered("503 ServiceUnavailable", error(503, "ServiceUnavailable", "Service is unavailable")),
    answered("400 Throttling", error(400, "Throttling", "Rate exceeded")),
    answered("429 without a word", plain(429, b"", {"Retry-After": "600"})),
    answered("403 AccessDenied", error(403, "AccessDenied", "User is not authorized to perform this action")),
    answered("403 InvalidClientTokenId", error(403, "InvalidClientTokenId", "The security token included in the request is invalid.")),
    answered("403 ExpiredToken", error(403, "ExpiredToken", "The security token included in the request is expired")),
    answered("XML that breaks off", changed(halve)),
    answered("a body of random bytes", plain(200, bytes(range(256)) * 8, XML)),
    answered("a portal's page with status 200", plain(200, PORTAL, {"Content-Type": "text/html"})),
    answered("Content-Length too long", too_long),
    answered("Content-Length too short", too_short),
    answered("a body without an end", endless),
    answered("a redirect", plain(302, b"", {"Location": "http://127.0.0.1:1/login"})),
    answered("credentials that have ended", changed(ended)),
    answered("credentials without a secret access key", changed(blank)),
    answered("no Date", changed(without_date)),
    answered("a Date of 2016", changed(with_date("Fri, 01 Jan 2016 00:00:00 GMT"))),
    answered("a Date that is none", changed(with_date("yesterday"))),
]
