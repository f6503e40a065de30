"""tests/run.py ends with the names of what failed, and with what each said first."""

import sys
import unittest

from documents import ROOT

sys.path.insert(0, str(ROOT / "tests"))
import run  # noqa: E402
from failures import LINES, Failures  # noqa: E402

LIBTEST = """\
running 3 tests
test saga::a ... ok
test saga::b ... FAILED
test shared/kernel/src/ids.rs - ids::Id (line 7) ... FAILED

failures:

---- saga::b stdout ----

thread 'saga::b' panicked at tests/e2e/saga.rs:12:5:
assertion failed: paid

---- shared/kernel/src/ids.rs - ids::Id (line 7) stdout ----
error[E0425]: cannot find value `x`

failures:
    saga::b
    shared/kernel/src/ids.rs - ids::Id (line 7)

test result: FAILED. 1 passed; 2 failed
error: test failed, to rerun pass `-p shotengai-tests --test e2e`
"""
PLAYWRIGHT = """\
  ✓  1 [pages] › walk.spec.ts:9:1 › the walk (3.1s)
  ✘  2 [pages] › live.spec.ts:30:3 › a click moves the other (15.0s)


  1) [pages] › live.spec.ts:30:3 › a click moves the other ──────────

    Error: expect(locator).toBeVisible() failed

  1 failed
"""


def failures(text):
    found = Failures()
    for line in text.splitlines(keepends=True):
        found.line(line)
    return found


class Told(unittest.TestCase):
    def test_failed_tests_are_named_with_what_they_said(self):
        found = failures(LIBTEST)
        doc = "shared/kernel/src/ids.rs - ids::Id (line 7)"
        self.assertEqual(
            found.names, ["saga::b", doc, "error: test failed, to rerun pass `-p shotengai-tests --test e2e`"]
        )
        lines = list(found.lines())
        self.assertIn("      assertion failed: paid", lines)
        self.assertLess(lines.index("      assertion failed: paid"), lines.index(f"  {doc}"))

    def test_a_long_story_is_cut(self):
        long = "test a ... FAILED\n---- a stdout ----\n" + "said\n" * 100
        self.assertEqual(len(list(failures(long).lines())), 1 + LINES)

    def test_failed_pages_are_named_once_with_what_they_said(self):
        name = "[pages] › live.spec.ts:30:3 › a click moves the other"
        self.assertEqual(
            list(failures(PLAYWRIGHT).lines()), [f"  {name}", "          Error: expect(locator).toBeVisible() failed"]
        )

    def test_what_cargo_says_in_colour_is_read(self):
        found = failures("\x1b[1m\x1b[91merror\x1b[0m: could not compile `shotengai`\n")
        self.assertEqual(found.names, ["error: could not compile `shotengai`"])

    def test_nothing_failed_in_a_good_run(self):
        self.assertEqual(failures("test a ... ok\ntest b - should panic ... ok\n").names, [])


class Commands(unittest.TestCase):
    def test_a_command_that_fails_is_told_with_its_code_and_its_failures(self):
        script = "print('test a ... FAILED'); raise SystemExit(101)"
        self.assertEqual(run.run("first", sys.executable, "-c", script), ["first: exit code 101", "  a"])

    def test_a_command_that_ends_well_tells_nothing(self):
        self.assertEqual(run.run("first", sys.executable, "-c", "pass"), [])


if __name__ == "__main__":
    unittest.main()
