"""Which rights of the emitted IAM policies the end-to-end tests used, as their guards wrote it down, and which they did not.

Each role that is a process of its own is held to its policy by tests/src/rights; with E2E_RIGHTS=<folder> the guards write what
was granted and what was used. What was never used must stand in tests/e2e/unused-rights.txt with a reason.

    E2E_RIGHTS=.local/rights make test-apart
    python3 tests/rights.py .local/rights
"""

import fnmatch
import sys
from pathlib import Path

LISTED = Path(__file__).resolve().parent / "e2e" / "unused-rights.txt"


def written(folder):
    """{"granted": rights, "used": rights}, a right being (role, action, resource)."""
    rights = {"granted": set(), "used": set()}
    for file in sorted(Path(folder).glob("*.tsv")):
        for line in file.read_text(encoding="utf-8").splitlines():
            kind, *right = line.split("\t")
            rights[kind].add(tuple(right))
    return rights


def listed(text):
    """[(patterns, reason)]: role, action and resource, each of which may have `*`, and why it may be unused."""
    lines = [line.split(None, 3) for line in text.splitlines() if line and not line.startswith("#")]
    return [(tuple(line[:3]), line[3]) for line in lines]


def matches(right, patterns):
    return all(fnmatch.fnmatchcase(part, pattern) for part, pattern in zip(right, patterns))


def faults(rights, entries):
    """What is wrong, a line each. That a right is listed and was used is no fault: much depends on load."""
    unused = rights["granted"] - rights["used"]
    listed_ones = [patterns for patterns, _ in entries]
    found = [
        f"never used, and no reason is given: {' '.join(right)}"
        for right in sorted(unused)
        if not any(matches(right, patterns) for patterns in listed_ones)
    ]
    found += [
        f"listed, and no role has it: {' '.join(patterns)}"
        for patterns in listed_ones
        if not any(matches(right, patterns) for right in rights["granted"])
    ]
    return found


def main(folder):
    rights = written(folder)
    if not rights["granted"]:
        print(f"{folder}: no guard has written anything", file=sys.stderr)
        return 1
    found = faults(rights, listed(LISTED.read_text(encoding="utf-8")))
    used, granted = len(rights["granted"] & rights["used"]), len(rights["granted"])
    print(f"{granted} rights granted, {used} of them used by the tests")
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
