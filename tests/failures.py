"""What failed, told once more at the end: whoever sees only the last page of a long run should see its failures."""

import re

# As libtest prints it, also behind another test's own line; doc tests say "file.rs - item (line 7)".
_FAILED = re.compile(r"^.*?test (?P<name>\S.*?) \.\.\. FAILED$")
_SECTION = re.compile(r"^---- (?P<name>.+?) stdout ----$")
_PROGRAM = re.compile(r"^error: (test failed|doctest failed|could not|process didn't exit|\d+ targets? failed)")
# As Playwright lists its failures behind everything: "  1) [pages] › shop.spec.ts:12:3 › …".
_PAGE = re.compile(r"^\s+\d+\) (?P<name>\[\w+\] › .+?)[ ─]*$")
_PAGES = re.compile(r"^\s+\d+ (failed|interrupted|flaky|did not run|skipped|passed)\b")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Of what a failed test said, as many lines as a reader needs to know the kind of the failure.
LINES = 12


class Failures:
    """Gathers failures from the lines of one command's output."""

    def __init__(self):
        self.names = []
        self._said = {}
        self._section = None

    def line(self, line):
        # Cargo writes in colour where it is told to, as on a service for builds.
        line = _COLOUR.sub("", line.rstrip("\n"))
        if found := _SECTION.match(line):
            self._section = self._said.setdefault(found["name"], [])
        elif found := _PAGE.match(line):
            self._add(found["name"])
            self._section = self._said.setdefault(found["name"], [])
        elif _PAGES.match(line):
            self._section = None
        elif line in ("failures:", "") and self._section is None:
            pass
        elif line == "failures:":
            self._section = None
        elif self._section is not None:
            self._section.append(line)
        elif found := _FAILED.match(line):
            self._add(found["name"])
        elif _PROGRAM.match(line):
            self._add(line)

    def _add(self, name):
        if name not in self.names:
            self.names.append(name)

    def lines(self):
        """A line for each failure, and the first of what it said."""
        for name in self.names:
            yield f"  {name}"
            for line in [line for line in self._said.get(name, []) if line.strip()][:LINES]:
                yield f"      {line}"
