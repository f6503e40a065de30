"""The documents lead somewhere, and name only what there is. `make docs-check`; needs nothing but Python."""

import json
import re
import unittest

import documents
import program
from documents import ROOT, Page

PAGES = documents.read_all()
# Where a reader begins.
STARTS = ("README.md", "docs/README.md")
# Variables that the documents name and other programs read.
OTHERS = {
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "KUBECONFIG", "RUST_LOG",  # SDKs
    "POD_NAMESPACE",  # set by the chart, read where no setting names a namespace
    "UPDATE_GOLDEN", "SHOTENGAI_BIN",  # tests
    "CARGO_INCREMENTAL",  # cargo
    "CROWD_SECONDS",  # a test of tally
    "WEB", "CHROMIUM",  # the build of the web pages, and their tests
    "LOYALTY_URL",  # examples/loyalty: shotengai has it not
}  # fmt: skip
# Words in capitals that are no variables: a state of AWS's, a constant of C's.
NO_VARIABLES = {"ENABLE_FAILED", "DBL_DIG"}
# Pages in which names are of their time.
HISTORY = {"CHANGELOG.md"}
# Characters that a paragraph, a point of a list or a row of a table may have: what an eye takes in before it wants a rest.
LONGEST = 720
FOLDERS = ("services/", "shared/", "tests/", "localstack/", "deploy/", "helm/", "docs/", "examples/", ".github/")


def variables(code):
    """Names of environment variables in a piece of code: by themselves, or before an equals sign."""
    alone = re.findall(r"^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)$", code)
    set_before = re.findall(r"(?:^|\s)([A-Z][A-Z0-9_]*[A-Z0-9])=", code)
    return {*alone, *set_before}


def calls(code):
    """The words after `shotengai` in a piece of code, once for each call."""
    for part in re.split(r"[|;&]|\$\(", code):
        words = [word for word in part.split("#")[0].split() if not re.match(r"[A-Z][A-Z0-9_]*=", word)]
        if words and words[0].rpartition("/")[2] == "shotengai":
            yield words[1:]


def split(words):
    """(command, flags) of a call: leading words as long as they are subcommands."""
    command = ()
    for word in words:
        if (*command, word) not in program.commands():
            break
        command = (*command, word)
    return command, [word.split("=")[0] for word in words if word.startswith("--")]


def bad_calls(page):
    """Calls in a page of commands or flags that the program doesn't have."""
    bad = []
    for code in page.code:
        for words in calls(code):
            command, flags = split(words)
            rest = [word for word in words[len(command):] if not word.startswith("-")]
            wants_more = bool(program.subcommands(*command))
            if wants_more and rest and re.fullmatch(r"[a-z][a-z-]*", rest[0]):
                bad.append((page.path, " ".join(words)))
            bad += [(page.path, f"{' '.join(command)} {flag}") for flag in flags if flag not in program.commands()[command]]
    return bad


def bad_targets(page):
    named = {name for code in page.code for name in re.findall(r"(?:^|\s)make ([a-z][a-z0-9-]*)", code)}
    return {(page.path, name) for name in named - program.targets()}


def wrong_numbers(page):
    """(text, link) of each link to a decision that says another decision's number."""
    links = re.findall(r"\[([^\]]*)\]\(([^)\s]*)\)", page.prose)
    said = [(" ".join(text.split()), link, re.search(r"(?:^|/)(\d{4})-[^/]*\.md", link)) for text, link in links]
    numbers = [(text, link, re.search(r"\bdecision (\d+)", text, re.IGNORECASE), led) for text, link, led in said if led]
    return [(text, link) for text, link, number, led in numbers if number and int(number.group(1)) != int(led.group(1))]


def untold_parameters(page, paths):
    """(method and path, parameter of its query) of each that a page's table of paths leaves out."""
    rows = dict(re.findall(r"^\| `([A-Z]+ /[^`]*)` \|(.*)$", page.prose, re.MULTILINE))
    described = [(f"{method.upper()} {path}", one) for path, methods in paths.items() for method, one in methods.items()]
    asked = [(route, it["name"]) for route, one in described for it in one.get("parameters", []) if it.get("in") == "query"]
    return [(route, name) for route, name in asked if f"`{name}`" not in rows.get(route, "")]


def strange_code(page):
    """Blocks of Rust and TOML in a page that stand in no file of the example."""
    files = [path.read_text() for kind in ("rs", "toml") for path in (ROOT / "examples").rglob(f"*.{kind}")]
    shown = [content for language, content in page.blocks if language in ("rust", "toml")]
    return [content for content in shown if not any(content in text for text in files)]


class Documents(unittest.TestCase):
    def test_no_link_and_no_anchor_is_dead(self):
        self.assertEqual(documents.dead_links(PAGES), [])

    def test_every_page_can_be_reached(self):
        self.assertEqual(documents.unreachable(PAGES, STARTS), set())

    def test_every_page_begins_with_its_title_and_says_something_under_it(self):
        for page in PAGES.values():
            self.assertRegex(page.text, r"\A# [^\n]+\n\n[^#\n]", page.path)
            self.assertEqual(len(re.findall(r"^# ", page.prose, re.MULTILINE)), 1, page.path)

    def test_every_make_target_exists(self):
        bad = set().union(*(bad_targets(page) for page in PAGES.values() if page.path not in HISTORY))
        self.assertEqual(bad, set())

    def test_every_command_and_flag_exists(self):
        bad = [call for page in PAGES.values() if page.path not in HISTORY for call in bad_calls(page)]
        self.assertEqual(bad, [])

    def test_every_variable_is_a_setting(self):
        known = program.settings() | program.make_variables() | OTHERS | NO_VARIABLES
        for page in PAGES.values():
            if page.path in HISTORY:
                continue
            # A shell variable that the same page uses is the page's own.
            own = set(re.findall(r"\$\{?([A-Z][A-Z0-9_]*)", "".join(page.shell)))
            named = set().union(*(variables(code) for code in page.code))
            self.assertEqual(named - known - own, set(), page.path)

    def test_every_crate_exists(self):
        for page in PAGES.values():
            for code in page.code:
                for name in re.findall(r"(?:-p|--package) ([a-z-]+)", code):
                    self.assertIn(name, program.crates(), page.path)

    def test_every_path_exists(self):
        for page in PAGES.values():
            if page.path in HISTORY:
                continue
            for span in page.spans:
                if span.startswith(FOLDERS) and re.fullmatch(r"[\w./-]+", span):
                    self.assertTrue((ROOT / span).exists() or (ROOT / page.path).parent.joinpath(span).exists(), f"{page.path}: {span}")

    def test_what_a_service_is_shown_by_is_the_example_word_for_word(self):
        self.assertEqual(strange_code(PAGES["docs/add-a-service.md"]), [])

    def test_both_readmes_have_the_same_commands(self):
        self.assertEqual(PAGES["README.ja.md"].shell, PAGES["README.md"].shell)

    def test_every_decision_has_a_number_of_its_own_and_a_line_in_the_list(self):
        found = sorted(path for path in PAGES if re.match(r"docs/decisions/\d", path))
        numbers = [int(path.split("/")[-1][:4]) for path in found]
        self.assertEqual(numbers, list(range(1, len(found) + 1)))
        listed = re.findall(r"^(\d+)\. \[(.*)\]\((.*)\)$", PAGES["docs/decisions/README.md"].text, re.MULTILINE)
        self.assertEqual([(int(number), f"docs/decisions/{path}") for number, _, path in listed], list(zip(numbers, found)))
        for number, path in zip(numbers, found):
            self.assertTrue(PAGES[path].text.startswith(f"# {number}. "), path)

    def test_a_link_to_a_decision_says_its_number(self):
        self.assertEqual({path: wrong for path, page in PAGES.items() if (wrong := wrong_numbers(page))}, {})

    def test_the_table_of_paths_has_every_parameter_of_a_query(self):
        paths = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
        table = PAGES["docs/api.md"].text.split("## Every path")[1]
        self.assertEqual(untold_parameters(Page("docs/api.md", table), paths), [])

    def test_no_sequence_diagram_has_a_semicolon(self):
        # Mermaid takes it for the end of a line, and shows an error instead of the diagram.
        for page in PAGES.values():
            for language, content in page.blocks:
                if language == "mermaid" and content.lstrip().startswith("sequenceDiagram"):
                    self.assertNotIn(";", content, page.path)

    def test_no_paragraph_is_a_wall(self):
        for page in PAGES.values():
            for paragraph in documents.paragraphs(page):
                self.assertLessEqual(len(paragraph), LONGEST, f"{page.path}: {paragraph}")


class TheChecksThemselves(unittest.TestCase):
    """A check that finds nothing anywhere would let everything pass."""

    def test_pages_commands_and_settings_were_found(self):
        self.assertGreater(len(PAGES), 20)
        self.assertIn("--reason", program.commands()[("dead-letters", "redrive")])
        self.assertLessEqual({"DATABASE_URL", "ORDER_DEADLINE_SECONDS", "SMTP_URL"}, program.settings())
        self.assertLessEqual({"run", "test", "kind-up"}, program.targets())
        self.assertLessEqual({"SEEDS", "ARGS", "PROFILE"}, program.make_variables())
        self.assertIn("shotengai-order", program.crates())

    def test_code_that_is_not_of_the_example_is_seen(self):
        block = "```rust\nfn main() -> std::process::ExitCode {\n```\n"
        self.assertEqual(strange_code(Page("x.md", block)), [])
        self.assertEqual(strange_code(Page("x.md", block.replace("ExitCode", "Code"))), ["fn main() -> std::process::Code {\n"])
        self.assertGreater(len([kind for kind, _ in PAGES["docs/add-a-service.md"].blocks if kind == "rust"]), 9)

    def test_dead_links_and_anchors_are_seen(self):
        page = Page("docs/x.md", "# X\n\n## A (b) `c`\n\n[1](#a-b-c) [2](#a) [3](gone.md) [4](../README.md#gone) `[5](gone.md)`")
        self.assertEqual([link for _, link in documents.dead_links({"docs/x.md": page, **PAGES}) if _ == "docs/x.md"], ["#a", "gone.md", "../README.md#gone"])

    def test_another_decisions_number_is_seen(self):
        page = Page("x.md", "[decision 7](d/0007-a.md) [decision\n20](d/0021-b.md) [why](d/0001-c.md) [Decision 1](0002-d.md#e)")
        self.assertEqual(wrong_numbers(page), [("decision 20", "d/0021-b.md"), ("Decision 1", "0002-d.md#e")])
        told = [link for page in PAGES.values() for link in page.links if re.search(r"\d{4}-", link)]
        self.assertGreater(len(told), 40)

    def test_a_parameter_that_the_table_lacks_is_seen(self):
        page = Page("x.md", "| `GET /a` | anyone | `limit` | 200 |\n")
        paths = {"/a": {"get": {"parameters": [{"name": name, "in": "query"} for name in ("limit", "lang")]}}}
        self.assertEqual(untold_parameters(page, paths), [("GET /a", "lang")])

    def test_a_page_that_nothing_leads_to_is_seen(self):
        pages = {"README.md": Page("README.md", "[a](docs/a.md)"), "docs/a.md": Page("docs/a.md", ""), "docs/b.md": Page("docs/b.md", "")}
        self.assertEqual(documents.unreachable(pages, ["README.md"]), {"docs/b.md"})

    def test_unknown_commands_flags_targets_and_variables_are_seen(self):
        page = Page("x.md", "`shotengai frobnicate` `shotengai seed --frobnicate`\n\n```sh\nmake frobnicate\nFROBNICATE_IT=1 make run\n```\n")
        self.assertEqual(bad_calls(page), [("x.md", "frobnicate"), ("x.md", "seed --frobnicate")])
        self.assertEqual(bad_targets(page), {("x.md", "frobnicate")})
        self.assertEqual(set().union(*(variables(code) for code in page.code)), {"FROBNICATE_IT"})

    def test_calls_are_told_apart_from_words(self):
        fine = Page("x.md", "`shotengai status kinesis` `shotengai serve <role>` `shotengai dead-letters list` `target/debug/shotengai dev --help`")
        self.assertEqual(bad_calls(fine), [])


if __name__ == "__main__":
    unittest.main()
