"""tests/e2e/one-shape.txt names tests that there are, each with a reason, and leaves most of what the shape changes."""

import re
import sys
import unittest

from documents import ROOT

sys.path.insert(0, str(ROOT / "tests"))
import run  # noqa: E402

E2E = ROOT / "tests" / "e2e"
# What the second shape is for: these change with processes, the door or change capture.
ALWAYS_IN_BOTH = {
    "api", "away", "bad_input", "bridges", "capture", "chaos", "crash", "forwarding", "idempotency", "outbox", "poison",
    "purchase", "redrive", "rolling", "saga", "stores", "tokens", "tracing",
}  # fmt: skip


def entries(text):
    """(filter, reason) of each line that names something."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, reason.strip()) for name, _, reason in (line.partition(" ") for line in lines)]


def tests():
    """Every end-to-end test as the test program names it, as far as modules tell: `module::…::test`."""
    modules = re.findall(r"^mod (\w+);", (E2E / "main.rs").read_text(), re.M)
    found = set()
    for module in modules:
        for path in [E2E / f"{module}.rs", *sorted((E2E / module).rglob("*.rs"))]:
            below = "".join(f"{part}::" for part in path.relative_to(E2E).with_suffix("").parts)
            for name in re.findall(r"^\s*#\[(?:tokio::)?test.*\n(?:\s*#\[.*\n)*\s*(?:async )?fn (\w+)", path.read_text(), re.M):
                found.add(below + name)
    return found


class OneShape(unittest.TestCase):
    NAMED = entries((E2E / "one-shape.txt").read_text())

    def test_every_entry_has_a_reason_and_stands_once(self):
        names = [name for name, _ in self.NAMED]
        self.assertEqual([name for name, reason in self.NAMED if not reason], [], "without a reason")
        self.assertEqual(sorted(set(names)), sorted(names), "twice")

    def test_every_entry_skips_what_it_names_and_nothing_else(self):
        known = tests()
        self.assertGreater(len(known), 90, "tests are found")
        for name, _ in self.NAMED:
            skipped = {test for test in known if name in test}  # As libtest does: `--skip` is any part of the name.
            self.assertTrue(skipped, f"{name} names no test")
            self.assertEqual(skipped, {test for test in known if test.startswith(name)}, name)

    def test_what_the_shape_changes_runs_in_both(self):
        left = {test.split("::")[0] for test in tests() if not any(name in test for name, _ in self.NAMED)}
        self.assertEqual(ALWAYS_IN_BOTH - left, set())

    def test_the_second_shape_skips_what_stands_here_and_test_apart_nothing(self):
        self.assertEqual(run.one_shape(), [name for name, _ in self.NAMED])
        makefile = (ROOT / "Makefile").read_text()
        shape = " ".join(f"{name}={value}" for name, value in run.SECOND_SHAPE.items())
        self.assertIn(f"APART := {shape} cargo test --workspace --all-features --test e2e --test hostile\n", makefile)
        self.assertIn("@python3 tests/run.py\n", makefile.split("\ntest:")[1])
        self.assertNotIn("skip", makefile.split("\ntest-apart:")[1].split("\n\n")[0])
        self.assertIn("run: make test-apart\n", (ROOT / ".github" / "workflows" / "ci.yml").read_text())

    def test_what_the_first_run_leaves_out_is_the_seeds_and_all_of_them(self):
        module = run.SEEDS.removesuffix("::")
        seeds = ROOT / "tests" / "simulation" / "tests" / "seeds"
        self.assertEqual(re.findall(r"^mod (\w+);", (seeds / "main.rs").read_text(), re.M), [module])
        sources = [path for top in ("services", "shared", "tests", "localstack", "examples") for path in (ROOT / top).rglob("*.rs")]
        named = [path for path in sources if re.search(rf"\bmod {module}\b", path.read_text())]
        self.assertEqual(named, [seeds / "main.rs"])


if __name__ == "__main__":
    unittest.main()
