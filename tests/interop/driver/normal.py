"""What a client printed, as it is the same in each run and short enough for a table."""

import re

LONGEST = 330
CHANGES = [
    # Where things happen to be.
    (r"/tmp/stsd-interop-[^/\s]+/[^/\s]+", "~"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:7873"),
    # How long it happened to take.
    (r"\d+(\.\d+)?(ns|µs|ms|s)\b", "…"),
    # The daemon's answer holds its sentence twice, for two spellings of a key.
    (r'\{"message":"([^"]*)","code":"[^"]*","Message":"[^"]*","Code":"[^"]*"\}', r'{"message":"\1",…}'),
    # Java's list of whatever it has asked.
    (r"AwsCredentialsProviderChain\(.*", "AwsCredentialsProviderChain(…"),
]


def shown(ran, sentence):
    """The line that holds the sentence, else all of them if they are few; of what worked, what it printed."""
    if ran.status == 0:
        return normal(ran.stdout.strip())
    lines = [line.strip() for line in ran.stderr.splitlines() if line.strip()]
    telling = [line for line in lines if sentence in line]
    return normal(telling[-1] if telling else " ".join(lines[-3:]))


def normal(text):
    """Without what differs from run to run."""
    for pattern, change in CHANGES:
        text = re.sub(pattern, change, text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
