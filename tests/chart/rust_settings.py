"""The settings as the source has them: what `shotengai serve --help` would list, without building it."""

import dataclasses
import re

import chart
from chart import ROOT

SHARED = ROOT / "shared" / "runtime" / "src" / "settings" / "args.rs"
CLI = ROOT / "services" / "shotengai" / "src" / "cli.rs"

FIELD = re.compile(r"((?:^ *///[^\n]*\n)*)^ *#\[arg\(([^\n]*)\)\]\n *pub(?:\(crate\))? (\w+): ([^\n]+),\n", re.MULTILINE)
RANGE = re.compile(r"range\(([\d_]+)\.\.(=?)([\d_]*)\)")


@dataclasses.dataclass(frozen=True)
class Setting:
    name: str
    help: str
    kind: str
    default: object
    minimum: int | None
    maximum: int | None


def _setting(match):
    doc, attributes, _, rust = match.groups()
    name = re.search(r'env = "([A-Z0-9_]+)"', attributes)
    if name is None:
        return None
    default = re.search(r'default_value(?:_t)? = "?([^",)]*)"?', attributes)
    default = default.group(1) if default else None
    number = default is not None and re.fullmatch(r"[\d_]+", default) is not None
    low = high = None
    if number:
        default = int(default)
        low = 1 if "NonZero" in rust else 0
        bounds = RANGE.search(attributes)
        if bounds:
            low, high = int(bounds.group(1)), int(bounds.group(3)) if bounds.group(3) else None
    words = " ".join(line.strip().removeprefix("///").strip() for line in doc.strip().splitlines())
    kind = "integer" if number else "boolean" if rust == "bool" else "string"
    return Setting(name.group(1), words.rstrip("."), kind, default, low, high)


def of_file(path):
    found = (_setting(match) for match in FIELD.finditer(path.read_text()))
    return {setting.name: setting for setting in found if setting}


def shared():
    folder = SHARED.parent
    found = {}
    for path in sorted(folder.glob("*.rs")):
        found |= of_file(path)
    return found


def of_role(role):
    """From any file of the role's crate: the larger ones have more than config.rs."""
    found = {}
    for path in sorted((ROOT / "services" / role / "src").rglob("*.rs")):
        found |= of_file(path)
    return found


def of_tools():
    return of_file(CLI)


def roles():
    """The roles that the binary has."""
    return [service["name"] for service in chart.topology()["services"]]
