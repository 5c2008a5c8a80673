"""A shell as it was before the first `stsd env` in it."""
from harness import HOSTILE, World, environment, variables_of

CONNECT = {
    "dash": ('eval "$("$STSD" env)"', 'eval "$("$STSD" env --undo)"'),
    "bash": ('eval "$("$STSD" env)"', 'eval "$("$STSD" env --undo)"'),
    "zsh": ('eval "$("$STSD" env)"', 'eval "$("$STSD" env --undo)"'),
    "fish": ("$STSD env --format fish | source", "$STSD env --undo --format fish | source"),
}


def run(world: World) -> None:
    world.daemon.says("/v1/environment", environment("it's $(touch pwned)"))
    for shell in CONNECT:
        for value in HOSTILE:
            back_to(world, shell, {"AWS_PROFILE": value, "NO_PROXY": value, "AWS_REGION": value})
        back_to(world, shell, {})
        keys_stay_away(world, shell)
        not_connected(world, shell)


def back_to(world: World, shell: str, before: dict) -> None:
    """Connected twice, and taken back once."""
    connect, undo = CONNECT[shell]
    place = world.place()
    variables = world.variables(place, **before)
    output, complaints = world.evaluate(shell, f"{connect}; {connect}; {undo}; exec env -0", place, variables)
    what = f"{shell} goes back to {before}"
    world.check(what, ours(variables_of(output)), before)
    world.check(f"{what} without a complaint", complaints, "")
    world.check(f"{what} and runs nothing", (place / "pwned").exists(), False)


def keys_stay_away(world: World, shell: str) -> None:
    connect, undo = CONNECT[shell]
    place = world.place()
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "not-to-be-copied"}
    variables = world.variables(place, AWS_PROFILE="dev", **keys)
    during, _ = world.evaluate(shell, f"{connect}; exec env -0", place, variables)
    world.check(f"{shell} holds no copy of a key", b"not-to-be-copied" in during, False)
    after, complaints = world.evaluate(shell, f"{connect}; {undo}; exec env -0", place, variables)
    world.check(f"{shell} goes back without the keys", ours(variables_of(after)), {"AWS_PROFILE": "dev"})
    wanted = "not brought back, since stsd keeps no secrets: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY\n"
    world.check(f"{shell} is told of the keys", complaints, f"stsd: warning: {wanted}")


def not_connected(world: World, shell: str) -> None:
    _, undo = CONNECT[shell]
    place = world.place()
    variables = world.variables(place, AWS_PROFILE="dev", NO_PROXY="127.0.0.1,localhost")
    output, complaints = world.evaluate(shell, f"{undo}; exec env -0", place, variables)
    seen = ours(variables_of(output))
    wanted = {"AWS_PROFILE": "dev", "NO_PROXY": "127.0.0.1,localhost"}
    world.check(f"{shell} without variables of stsd keeps its own", seen, wanted)
    world.check(f"{shell} is told so", complaints, "stsd: note: this shell has no variables of stsd\n")


def ours(variables: dict) -> dict:
    prefixes = ("AWS_", "STSD_PROFILE", "STSD_BEFORE", "NO_PROXY", "no_proxy")
    return {name: value for name, value in variables.items() if name.startswith(prefixes)}
