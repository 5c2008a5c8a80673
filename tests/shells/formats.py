"""Every value comes out of each shell as it went in, and nothing in it is run."""
import json

from harness import HOSTILE, World, environment, variables_of

# How people connect each shell, and how they might. The histories are on, so that `!` would count.
WAYS = (
    ("dash", "env", 'eval "$("$STSD" env)"; exec env -0'),
    ("bash", "env", 'set -o history -o histexpand; eval "$("$STSD" env)"; exec env -0'),
    ("bash", "env", 'source <("$STSD" env); exec env -0'),
    ("bash", "env-no-export", 'set -a; eval "$("$STSD" env --format env-no-export)"; exec env -0'),
    ("zsh", "env", 'setopt banghist; eval "$("$STSD" env)"; exec env -0'),
    ("zsh", "env", 'setopt shwordsplit globsubst; eval "$("$STSD" env)"; exec env -0'),
    ("zsh", "env-no-export", 'set -a; eval "$("$STSD" env --format env-no-export)"; exec env -0'),
    ("fish", "fish", "$STSD env --format fish | source; exec env -0"),
    ("fish", "fish", "eval ($STSD env --format fish); exec env -0"),
)

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_PROFILE": "another",
}


def run(world: World) -> None:
    for name in HOSTILE:
        world.daemon.says("/v1/environment", environment(name))
        place = world.place()
        printed, _ = world.evaluate("dash", '"$STSD" env --json', place, world.variables(place, **KEYS))
        wanted = json.loads(printed)
        world.check(f"json has the name {name!r}", wanted["STSD_PROFILE"], name)
        world.check(f"json has the path {name!r}", wanted["AWS_CONFIG_FILE"], f"/state/{name}/aws/config")
        for shell, kind, script in WAYS:
            evaluate(world, name, wanted, (shell, kind, script))
    static(world)
    universal_variables(world)
    what_cmd_is_told(world)


def evaluate(world: World, name: str, wanted: dict, way: tuple) -> None:
    shell, kind, script = way
    place = world.place()
    output, complaints = world.evaluate(shell, script, place, world.variables(place, **KEYS))
    seen = variables_of(output)
    # Assignments alone unset nothing, and keep no record.
    only_set = kind == "env-no-export"
    names = [key for key, value in wanted.items() if not only_set or (value and key != "STSD_BEFORE")]
    what = f"{shell} evaluates {kind} for {name!r}"
    world.check(what, {key: seen.get(key) for key in names}, {key: wanted[key] for key in names})
    world.check(f"{what} without a complaint", complaints, "")
    world.check(f"{what} and runs nothing", (place / "pwned").exists(), False)


def static(world: World) -> None:
    secret = "wJalr/K7MDENG+'$(touch pwned)"
    credentials = {
        "Version": 1,
        "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "SecretAccessKey": secret,
        "SessionToken": "example==",
        "Expiration": "2027-01-15T08:00:00Z",
    }
    world.daemon.says("/v1/environment", environment("prod"))
    world.daemon.says("/v1/credentials", credentials)
    for shell, connect in (
        ("dash", 'eval "$("$STSD" env --static)"'),
        ("bash", 'eval "$("$STSD" env --static)"'),
        ("zsh", 'eval "$("$STSD" env --static)"'),
        ("fish", "$STSD env --static --format fish | source"),
    ):
        place = world.place()
        output, _ = world.evaluate(shell, f"{connect}; exec env -0", place, world.variables(place))
        seen = variables_of(output)
        world.check(f"{shell} has the secret access key", seen.get("AWS_SECRET_ACCESS_KEY"), secret)
        world.check(f"{shell} has the end", seen.get("AWS_CREDENTIAL_EXPIRATION"), "2027-01-15T08:00:00Z")


def universal_variables(world: World) -> None:
    """They are settings of all the user's shells: named, and not erased."""
    world.daemon.says("/v1/environment", environment("prod"))
    place = world.place()
    script = "set -Ux AWS_PROFILE dev; $STSD env --format fish | source; set -qU AWS_PROFILE; and echo kept"
    variables = world.variables(place, XDG_CONFIG_HOME=str(place))
    # Without its configuration fish has no universal variables.
    seen, complaints = world.evaluate("fish", script, place, variables, plain=())
    world.check("fish keeps a universal variable", seen, b"kept\n")
    wanted = "stsd: warning: the universal variable AWS_PROFILE stays in force; erase it with: set -eU AWS_PROFILE\n"
    world.check("fish is told about a universal variable", complaints, wanted)


def what_cmd_is_told(world: World) -> None:
    """Either the whole value in one line of quotes, or a sentence and nothing at all."""
    for name in HOSTILE:
        world.daemon.says("/v1/environment", environment(name))
        place = world.place()
        script = '"$STSD" env --format windows-cmd; exit $?'
        output, complaints = world.evaluate("dash", script, place, world.variables(place))
        can_be_told = not any(mark in '%!"' or (ord(mark) < 32 and mark != "\t") for mark in name)
        if can_be_told:
            wanted = f'set "STSD_PROFILE={name}"'
            world.check(f"cmd is told {name!r}", wanted in output.decode().split("\n"), True)
        else:
            world.check(f"cmd is told nothing of {name!r}", output, b"")
            world.check(f"cmd's user reads why, for {name!r}", "a character that cmd" in complaints, True)
