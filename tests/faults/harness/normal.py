"""What was said, as it is the same in each run and fits a table."""

import re

LONGEST = 400
CHANGES = [
    (r"/var/tmp/stsd-faults\.[^/\s]+/worker\d+/[^/\s]+/home", "~"),
    (r"/var/tmp/stsd-faults\.[^/\s]+/worker\d+/[^/\s]+/run", "$XDG_RUNTIME_DIR"),
    (r"/var/tmp/stsd-faults\.[^/\s]+/worker\d+/[^/\s]+", "…"),
    (r"127\.0\.0\.1:(?!7873\b)\d{4,5}", "127.0.0.1:…"),
    (r"\d+(\.\d+)?(ns|µs|ms|s)\b", "…"),
    (r"\b\d+ (seconds?|minutes?)\b", r"… \1"),
    (r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", "…"),
    (r"\d{8}T\d{6}Z", "…"),
    (r"0x[0-9a-f]{6,}", "0x…"),
    (r"pid \d+", "pid …"),
    # What boto3 puts before it.
    (r"CredentialRetrievalError: Error when retrieving credentials from (?:custom-process|container-role): ", ""),
    (r"Error retrieving metadata: Received non 200 response (\d+) from container metadata: ", r"\1 "),
    (r'\{"message":"([^"]*)","code":"[^"]*","Message":"[^"]*","Code":"[^"]*"\}', r'\1'),
]


def normal(text):
    """Without what differs from run to run."""
    for pattern, change in CHANGES:
        text = re.sub(pattern, change, text)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def sentence(text):
    """The client's two lines as one."""
    text = re.sub(r"(?m)^stsd: error: ", "", text.strip())
    return normal(re.sub(r"\s*\nstsd: hint: ", "; ", text))
