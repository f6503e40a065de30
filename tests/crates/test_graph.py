"""Crates depend on each other as docs/ARCHITECTURE.md says. `make crates-check`; needs Python and Cargo."""

import re
import unittest

from graph import ROOT, Graph, of_workspace

GRAPH = of_workspace()
BINARY = "shotengai"
# For tests alone. What is here would make a second implementation of a port, or a door for tests, part of the program.
NEVER_SHIPPED = {"shotengai-testing", "shotengai-kit", "shotengai-mutations", "shotengai-fake-cluster", "shotengai-simulation", "shotengai-tests"}
# Who reads shards, keeps leases, or shows both.
READS_STREAMS = {"shotengai-archiver", "shotengai-bridge", "shotengai-catalog", "shotengai-aws", "shotengai-kubernetes", "shotengai-ops", "shotengai"}


def graph(**crates):
    """A graph of `crate=[…]`; what ends in `dev` is a dependency of tests."""
    packages = []
    for name, used in crates.items():
        dependencies = [
            {"name": f"shotengai-{other.removesuffix('_dev')}", "kind": "dev" if other.endswith("_dev") else None} for other in used
        ]
        packages.append({"name": f"shotengai-{name}", "folder": f"shared/{name}", "dependencies": dependencies})
    return Graph(packages)


class WhatTheChecksSee(unittest.TestCase):
    def test_a_crate_ends_up_in_what_needs_it_however_far_away(self):
        far = graph(binary=["role"], role=["runtime"], runtime=["testing"], testing=[])
        self.assertIn("shotengai-testing", far.everything_in("shotengai-binary"))

    def test_dependencies_of_tests_are_not_built_in(self):
        apart = graph(binary=["role"], role=["testing_dev"], testing=["role"])
        self.assertEqual(apart.everything_in("shotengai-binary"), {"shotengai-role"})
        self.assertEqual(apart.users_of("shotengai-testing"), set())


class Crates(unittest.TestCase):
    def test_the_binary_has_nothing_that_is_for_tests(self):
        self.assertEqual(NEVER_SHIPPED - set(GRAPH.folders), set(), "names of crates that there are not")
        self.assertEqual(GRAPH.everything_in(BINARY) & NEVER_SHIPPED, set())

    def test_only_who_reads_streams_or_keeps_leases_is_built_with_streaming(self):
        users = GRAPH.users_of("shotengai-streaming") - NEVER_SHIPPED
        self.assertEqual(users, READS_STREAMS)

    def test_roles_are_built_with_no_other_role(self):
        roles = GRAPH.within("services/") - {BINARY}
        for role in sorted(roles):
            self.assertEqual(GRAPH.built_with[role] & roles, set(), role)

    def test_shared_crates_are_built_with_no_role(self):
        for crate in sorted(GRAPH.within("shared/")):
            self.assertEqual(GRAPH.everything_in(crate) & GRAPH.within("services/"), set(), crate)

    def test_the_architecture_lists_every_crate(self):
        text = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
        table = text.split("\n## Crates\n")[1].split("\n## ")[0]
        rows = re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)
        # `services/<role>` and `localstack/*` stand for every folder there.
        patterns = {row: re.compile(re.sub(r"<\w+>|\*", "[^/]+", row)) for row in rows}
        for folder in sorted(GRAPH.folders.values()):
            self.assertTrue(any(pattern.fullmatch(folder) for pattern in patterns.values()), f"{folder} is not listed")
        for row, pattern in patterns.items():
            self.assertTrue(any(pattern.fullmatch(folder) for folder in GRAPH.folders.values()), f"there is no {row}")


if __name__ == "__main__":
    unittest.main()
