"""What the program is made of, as `shotengai describe` says it: docs/describe.json, which a test of the program holds against it."""

import dataclasses
import functools
import json

from chart import ROOT


@dataclasses.dataclass(frozen=True)
class Setting:
    name: str
    flag: str
    env: str | None
    help: str
    kind: str
    default: object
    minimum: int | None
    maximum: int | None


@functools.cache
def description():
    return json.loads((ROOT / "docs" / "describe.json").read_text())


def _settings(described):
    found = {}
    for one in described:
        default = one["default"]
        if default is not None and one["type"] == "integer":
            default = int(default)
        found[one["name"]] = Setting(
            one["name"], one["flag"], one["env"], one["help"].rstrip("."), one["type"], default, one.get("minimum"), one.get("maximum")
        )
    return found


def shared():
    """What all roles share."""
    return _settings(description()["settings"]["shared"])


def of_role(role):
    """What a role has of its own."""
    return _settings(description()["settings"]["roles"][role])


def of_command(command):
    """The options of a command that runs no role."""
    return _settings(description()["settings"]["commands"][command])


def roles():
    """The roles that the binary has."""
    return list(description()["settings"]["roles"])
