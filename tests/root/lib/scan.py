"""Looks for secrets in the memory of processes, in every encoding that a program might hold them in.

scan.py SECRETS.json PID...  where the file maps names to strings. Prints the names that were found, one a
line with how often and where; nothing if there are none. Needs to be root: the processes are not dumpable.
"""

import base64
import json
import sys
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
    for start in range(0, len(plain) - PIECE + 1):
        piece = plain[start : start + PIECE]
        if MARK not in piece:
            yield "piece", piece


def memory(pid):
    """Every readable mapping."""
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
                sys.exit(f"cannot read {line} of process {pid}: {error}")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        secrets = json.load(file)
    wanted = {name: sorted(set(forms(secret))) for name, secret in secrets.items()}
    for pid in sys.argv[2:]:
        found = {}
        for mapping in memory(pid):
            for name, kinds in wanted.items():
                for kind, needle in kinds:
                    if count := mapping.count(needle):
                        found[name, kind] = found.get((name, kind), 0) + count
        for (name, kind), count in sorted(found.items()):
            print(f"{name}: {count} x {kind} in process {pid}")


main()
