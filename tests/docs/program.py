"""What the program and the Makefile have: read from docs/describe.json, which the program's own tests keep, and from the Makefile's text."""

import functools
import json
import re

from documents import ROOT


@functools.cache
def described():
    return json.loads((ROOT / "docs" / "describe.json").read_text())["settings"]


def _options():
    """(command, option) of every command; `serve` has those of all roles."""
    settings = described()
    for option in settings["shared"] + [option for own in settings["roles"].values() for option in own]:
        yield ("serve",), option
    for name, options in settings["commands"].items():
        for option in options:
            yield tuple(name.split(" ")), option


@functools.cache
def commands():
    """Every command with its flags: {("dead-letters", "redrive"): {"--reason", …}}; () is the program itself."""
    found = {(): {"--version"}, ("serve",): set()}
    for name in described()["commands"]:
        words = tuple(name.split(" "))
        found |= {words[:length]: set() for length in range(1, len(words) + 1) if words[:length] not in found}
    for command, option in _options():
        found[command].add(option["flag"])
    return {command: flags | {"--help"} for command, flags in found.items()}


def subcommands(*command):
    """Names of the subcommands of a command."""
    return [other[-1] for other in commands() if other[:-1] == command and other]


@functools.cache
def settings():
    """Environment variables of all commands."""
    return {option["env"] for _, option in _options() if option["env"]}


MAKEFILE = (ROOT / "Makefile").read_text()


def targets():
    """The Makefile's targets."""
    return set(re.findall(r"^([a-z][a-z0-9-]*):", MAKEFILE, re.MULTILINE))


def make_variables():
    """Variables that the Makefile takes."""
    return set(re.findall(r"\$[({](?:if |or )?\$?\(?([A-Z_]+)[,)}]", MAKEFILE))


def crates():
    """Names of the workspace's crates."""
    manifests = [*ROOT.glob("*/*/Cargo.toml"), *ROOT.glob("*/Cargo.toml"), *ROOT.glob("*/*/*/Cargo.toml")]
    named = (re.search(r'^name = "([^"]+)"', path.read_text(), re.MULTILINE) for path in manifests if "target" not in path.parts)
    return {name.group(1) for name in named if name}
