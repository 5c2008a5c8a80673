"""What `stsd doctor` says of a situation, before any client is asked."""

import json
from dataclasses import dataclass

from driver.process import Failure

from .witness import Seen

TOOLS = ("botocore", "aws-cli", "javascript", "go", "java", "rust")
KINDS = frozenset(
    "stsd-view stsd-endpoint environment shared-credentials config-keys assume-role process sso login web-identity"
    " container instance-metadata error none".split()
)
SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Prediction:
    """By tool what it will use, and what the doctor found, the worst first."""

    tools: dict
    is_well: bool
    status: int
    # Pairs of a severity and a code.
    findings: tuple

    def codes(self, *severities):
        """The codes of the findings of these severities, sorted, each once."""
        return sorted({code for severity, code in self.findings if severity in severities})


class Doctor:
    """Watches nothing: asks the doctor in the shell of the situation."""

    name = "doctor"

    def __init__(self, scene):
        self._stand = scene.stand

    def see(self, environment, profile):
        """The whole of its JSON."""
        named = ["--profile", profile] if profile else []
        ran = self._stand.stsd("doctor", "--json", *named, environment=environment)
        try:
            said = json.loads(ran.stdout)
        except ValueError:
            raise Failure(f"exit {ran.status}, and no JSON: {ran.stderr.strip() or ran.stdout[:200]}") from None
        tools = {tool["tool"]: Seen(tool["source"], tool["profile"], tool["reason"]) for tool in said["tools"]}
        unfit = [tool for tool in TOOLS if tool not in tools or tools[tool].source not in KINDS]
        findings = tuple((finding["severity"], finding["code"]) for finding in said["findings"])
        bare = [finding for finding in said["findings"] if not (finding["reason"] and finding["command"])]
        if unfit or bare:
            raise Failure(f"not as agreed: {unfit or bare}")
        return Prediction(tools, said["ok"], ran.status, findings)
