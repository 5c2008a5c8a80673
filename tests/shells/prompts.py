"""README's prompts, with a profile whose name is a prompt's escape."""
import re
from pathlib import Path

from harness import World, status

HOSTILE = r"%n \u $(touch pwned) `touch pwned`"


def run(world: World) -> None:
    readme = Path(__file__).parents[2] / "README.md"
    section = readme.read_text().split("### In the prompt")[1].split("\n### ")[0]
    snippets = dict(zip(("bash", "zsh", "fish"), re.findall(r"```(?:sh|fish)\n(.*?)```", section, re.DOTALL)))
    world.daemon.says("/v1/status", status([HOSTILE]))
    for shell, script, wanted in (
        ("bash", "PS1='> '\n{}\nprintf %s \"${{PS1@P}}\"", f"[{HOSTILE} 11h] > "),
        ("zsh", "PROMPT='> '\n{}\nstsd_prompt\nprint -nP -- $PROMPT", f"[{HOSTILE} 11h] > "),
        ("fish", "{}\nfish_right_prompt", f"{HOSTILE} 11h\n"),
    ):
        for profile, text in ((HOSTILE, wanted), ("", "> " if shell != "fish" else "")):
            place = world.place()
            variables = world.variables(place, STSD_PROFILE=profile)
            variables["PATH"] = f"{Path(world.stsd).parent}:{variables['PATH']}"
            output, complaints = world.evaluate(shell, script.format(snippets[shell]), place, variables)
            world.check(f"{shell}'s prompt for {profile!r}", output.decode(), text)
            world.check(f"{shell} does not complain", complaints, "")
            world.check(f"{shell}'s prompt runs nothing", (place / "pwned").exists(), False)
