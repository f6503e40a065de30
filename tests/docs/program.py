"""What the program and the Makefile have: read from `shotengai --help` and from the Makefile's text."""

import functools
import os
import pathlib
import re
import subprocess

from documents import ROOT

BINARY = pathlib.Path(os.environ.get("SHOTENGAI_BIN", ROOT / "target" / "debug" / "shotengai"))


@functools.cache
def help_of(*command):
    """What `shotengai COMMAND --help` prints."""
    bare = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
    done = subprocess.run([BINARY, *command, "--help"], capture_output=True, text=True, check=True, env=bare)
    return done.stdout


def subcommands(*command):
    """Names of the subcommands of a command."""
    listed = re.search(r"^Commands:\n(.*?)(?:\n\n|\Z)", help_of(*command), re.MULTILINE | re.DOTALL)
    names = re.findall(r"^  ([a-z][a-z-]*)", listed.group(1), re.MULTILINE) if listed else []
    return [name for name in names if name != "help"]


@functools.cache
def commands():
    """Every command with its flags: {("dead-letters", "redrive"): {"--reason", …}}; () is the program itself."""
    found, todo = {}, [()]
    while todo:
        command = todo.pop()
        found[command] = set(re.findall(r"(?:^ +|, )(--[a-z][a-z0-9-]*)", help_of(*command), re.MULTILINE))
        todo += [(*command, name) for name in subcommands(*command)]
    return found


@functools.cache
def settings():
    """Environment variables of all commands."""
    return {name for command in commands() for name in re.findall(r"\[env: ([A-Z0-9_]+)", help_of(*command))}


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
