"""The encodings in which a program might leave a secret behind."""

import base64
import urllib.parse

# Long enough not to occur by chance, short enough to find what is left of a buffer that was used again.
PIECE = 12
# The emulator's credentials carry this word, and so may texts that are no secret.
MARK = b"EXAMPLE"


def forms(secret):
    """The secret's encodings, by name."""
    plain = secret.encode()
    yield "plain", plain
    yield "utf-16", secret.encode("utf-16-le")
    yield "hex", plain.hex().encode()
    yield "HEX", plain.hex().upper().encode()
    yield "reversed", plain[::-1]
    quoted = urllib.parse.quote(secret, safe="").encode()
    if quoted != plain:
        yield "percent", quoted
    for shift in range(3):
        # What is sure of the encoding, whatever stands before and after.
        encoded = base64.b64encode(bytes(shift) + plain)
        yield f"base64+{shift}", encoded[4 if shift else 0 : len(encoded) - 4]
    # What is left of a buffer and has a few bytes more than a piece holds one of these.
    for start in range(0, len(plain) - PIECE + 1, 4):
        piece = plain[start : start + PIECE]
        if MARK not in piece:
            yield "piece", piece


def memory(pid):
    """Every readable mapping of a process."""
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps:
        lines = maps.read().splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in lines:
            span, access = line.split()[:2]
            if not access.startswith("r") or line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            begin, end = (int(part, 16) for part in span.split("-"))
            try:
                mem.seek(begin)
                yield mem.read(end - begin)
            except OSError as error:
                raise SystemExit(f"cannot read {line} of process {pid}: {error}") from error
