"""Many mutants in one build: each function becomes a `match` over the number of the mutant that the environment
chooses, with an arm for each of its mutants and one for what it was."""

import collections
import contextlib
import json
import os
import re
import subprocess

CHOOSER = """
#![allow(warnings, clippy::all)]

/// The mutant that is to run.
pub mod chosen {
    static NUMBER: std::sync::OnceLock<u32> = std::sync::OnceLock::new();

    /// 0 is none.
    pub fn mutant() -> u32 {
        let named = || std::env::var("MUTANT").ok().and_then(|number| number.parse().ok());
        *NUMBER.get_or_init(|| named().unwrap_or(0))
    }
}
"""


def source(tree, file):
    return subprocess.check_output(["git", "show", "HEAD:" + file], cwd=tree, text=True)


def offset(text, position):
    lines = text.splitlines(keepends=True)
    return sum(map(len, lines[: position["line"] - 1])) + position["column"] - 1


def span(text, of):
    return offset(text, of["span"]["start"]), offset(text, of["span"]["end"])


def divide(tree, mutants):
    """Those that can stand beside others, and those that cannot: constants, `const fn`, and functions whose type
    is known by their one body."""
    together, alone = [], []
    for mutant in mutants:
        function = mutant["function"]
        begins = ""
        if function:
            text = source(tree, mutant["file"])
            begins = text[slice(*span(text, function))].split("{")[0]
        fits = function and "impl " not in function["return_type"] and "const fn" not in begins
        (together if fits else alone).append(mutant)
    return together, alone


@contextlib.contextmanager
def changed(tree, mutant):
    """One mutant alone, as cargo-mutants would write it."""
    text = source(tree, mutant["file"])
    start, end = span(text, mutant)
    path = os.path.join(tree, mutant["file"])
    put(path, text[:start] + mutant["replacement"] + text[end:])
    try:
        yield
    finally:
        put(path, text)


def write(tree, mutants):
    """Writes them all, but for those that are not Rust, whose numbers it returns."""
    library = "crates/stsd-daemon/src/lib.rs"
    paragraph, rest = source(tree, library).split("\n\n", 1)
    put(os.path.join(tree, library), paragraph + "\n" + CHOOSER + "\n" + rest)
    unviable = set()
    while True:
        places = collections.defaultdict(list)
        for file in {mutant["file"] for mutant in mutants}:
            kept = [m for m in mutants if m["file"] == file and m["number"] not in unviable]
            pieces = schemata(source(tree, file), kept)
            put(os.path.join(tree, file), "".join(text for text, _ in pieces))
            places[file] = lines(pieces)
        refused, said = errors(tree, places)
        if not said:
            return unviable
        if not refused:
            raise RuntimeError(said)
        unviable |= refused


def schemata(text, mutants):
    """The new text in pieces, each with the number of its mutant or 0."""
    functions = collections.defaultdict(list)
    for mutant in mutants:
        functions[span(text, mutant["function"])].append(mutant)
    pieces, done = [], 0
    for (start, end), own in sorted(functions.items()):
        if start < done:
            raise RuntimeError(f"a function in a function: {own[0]['name']}")
        body = body_of(text, start, end)
        pieces.append((text[done:body] + "{ match crate::chosen::mutant() {\n", 0))
        for mutant in own:
            first, last = span(text, mutant)
            wrong = text[body + 1 : first] + mutant["replacement"] + text[last : end - 1]
            pieces.append((f"{mutant['number']} => {{{wrong}\n}}\n", mutant["number"]))
        pieces.append(("_ => {" + text[body + 1 : end - 1] + "\n} } }", 0))
        done = end
    return [*pieces, (text[done:], 0)]


def body_of(text, start, end):
    """Where the brace stands whose partner is the last byte before `end`."""
    skipped = re.compile(r"//[^\n]*|\"(?:\\.|[^\"\\])*\"|'(?:\\[^']+|[^'\\])'|[{}]", re.DOTALL)
    opened = []
    for found in skipped.finditer(text, start, end):
        if found.group() == "{":
            opened.append(found.start())
        elif found.group() == "}":
            last = opened.pop()
            if found.end() == end:
                return last
    raise RuntimeError(f"no body in {text[start:end]}")


def lines(pieces):
    """The first and the last line of each mutant, and its number."""
    at, found = 1, []
    for text, number in pieces:
        last = at + text.count("\n")
        if number:
            found.append((at, last - 1, number))
        at = last
    return found


def errors(tree, places):
    """The mutants that rustc refuses, and what it says; nothing if it takes them all."""
    check = ["cargo", "test", "--locked", "-p", "stsd-daemon", "--lib", "--no-run", "--message-format=json"]
    done = subprocess.run(check, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode == 0:
        return set(), ""
    messages = (json.loads(line) for line in done.stdout.splitlines())
    messages = [m["message"] for m in messages if m.get("message", {}).get("level") == "error"]
    spans = [s for message in messages for s in message["spans"] if s["is_primary"]]
    refused = {number for s in spans for first, last, number in places[s["file_name"]]
               if first <= s["line_start"] <= last}
    return refused, "".join(message["rendered"] for message in messages) or done.stderr


def executable(command, tree, environment):
    """What cargo builds by a command that prints its messages as JSON."""
    built = subprocess.run(command, cwd=tree, env=environment, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in built.stdout.splitlines()]
    if built.returncode:
        said = [m["message"]["rendered"] for m in messages if m.get("message", {}).get("level") == "error"]
        raise RuntimeError("".join(said))
    return next(m["executable"] for m in messages if m.get("executable"))


def put(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
