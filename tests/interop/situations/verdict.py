"""The doctor's predictions against what the clients then did."""

from .prediction import Prediction
from .witness import Seen

TABLE = "What the doctor said, and what was used where that differs"

# Whose chain each client walks, by the doctor's names.
WALKS = {
    "boto3": "botocore",
    "aws-cli-v1": "botocore",
    "aws-cli-v2": "aws-cli",
    "javascript": "javascript",
    "go": "go",
    "java": "java",
    "rust": "rust",
}


def judge(situations, predictions, seen, report):
    """`predictions` and, for each client, `seen` are by the situation's name; not every client has seen all."""
    for situation in situations:
        prediction = predictions[situation.name]
        if not isinstance(prediction, Prediction):
            report.check(f"{situation.name}: the doctor", False, prediction.text)
            continue
        used = {client: found[situation.name] for client, found in seen.items() if situation.name in found}
        cells = [compare(situation, client, prediction, used.get(client), report) for client in seen]
        findings(situation, prediction, used, report)
        report.row(TABLE, situation.name, *cells, " ".join(prediction.codes("error", "warning")) or "-")


def compare(situation, client, prediction, used, report):
    """One client; what the table shows of it."""
    if used is None:
        return ""
    said = prediction.tools[WALKS[client]]
    same = said.source == used.source and used.profile in (None, said.profile)
    if client in situation.unforeseen:
        same = str(used) == situation.unforeseen[client]
    report.check(f"{situation.name}: {client} uses {used} and the doctor said {said}", same, used.text)
    return str(used) if same else f"{said} / {used}"


def findings(situation, prediction, used, report):
    """The doctor finds what it must, and is content only where it may be."""
    name, worse = situation.name, prediction.codes("error", "warning")
    report.check(f"{name}: finds {situation.codes or 'nothing'}", worse == situation.codes, f"it found {worse}")
    report.check(f"{name}: ok and the exit status tell of the findings", tells(prediction, not worse), prediction)
    if not worse:
        profiles = {client: found.profile for client, found in used.items()}
        ours = None not in profiles.values() and len(set(profiles.values())) == 1
        report.check(f"{name}: all is well, and yet they do not take one profile of stsd's", ours, profiles)


def tells(prediction, well):
    return prediction.is_well == well and prediction.status == (0 if well else 1)
