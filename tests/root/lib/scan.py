"""Looks for secrets in the memory of processes, in every encoding that a program might hold them in.

scan.py SECRETS.json PID...  where the file maps names to strings. Prints the names that were found, one a
line with how often and where; nothing if there are none. Needs to be root: the processes are not dumpable.
"""

import json
import sys

from forms import forms, memory


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
