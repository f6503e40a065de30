"""Markdown as the checks need it: what a page links to, which anchors it has, what it shows as code."""

import functools
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]

FENCE = re.compile(r"^ *```(\w*) *\n(.*?)^ *``` *$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+(?:\n[^`\n]+)*)`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.*?) *#* *$", re.MULTILINE)


class Page:
    """One document."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        #: (language, content) of every fenced block.
        self.blocks = FENCE.findall(text)
        self.prose = FENCE.sub("", text)
        #: What stands between single backticks.
        self.spans = [span.replace("\n", " ") for span in SPAN.findall(self.prose)]

    @functools.cached_property
    def links(self):
        """Targets as they are written."""
        return LINK.findall(SPAN.sub("", self.prose))

    @functools.cached_property
    def anchors(self):
        """What `#…` may name, as GitHub makes it from the headings."""
        found = set()
        for heading in HEADING.findall(self.prose):
            slug = once = anchor(heading)
            count = 0
            while slug in found:
                count += 1
                slug = f"{once}-{count}"
            found.add(slug)
        return found

    @property
    def shell(self):
        """The lines that a reader may paste into a shell."""
        return [content for language, content in self.blocks if language == "sh"]

    @property
    def code(self):
        """Everything in it that is code: spans, and lines of shell blocks with their continuations joined."""
        lines = [line for block in self.shell for line in block.replace("\\\n", " ").splitlines()]
        return self.spans + lines


def anchor(heading):
    """The anchor of a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    text = re.sub(r"[^\w\- ]", "", text.lower())
    return text.replace(" ", "-")


def read_all():
    """Every Markdown document of the repository, by its path from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    paths = [path for path in listed.stdout.split("\n") if path and (ROOT / path).is_file()]
    return {path: Page(path, (ROOT / path).read_text()) for path in sorted(paths)}


def paragraphs(page):
    """Its paragraphs, points of lists and rows of tables, each on one line."""
    parts = re.split(r"\n(?:[ ]*\n|(?=[ ]*(?:[-*]|\d+\.) )|(?=\|))", page.prose)
    return [" ".join(part.split()) for part in parts if part.strip()]


def resolve(page, target):
    """(path from the root, anchor) of a link inside the repository; None of one that leads out of it."""
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return None
    path, _, fragment = target.partition("#")
    if not path:
        return page.path, fragment
    joined = (ROOT / page.path).parent / path
    try:
        return joined.resolve().relative_to(ROOT).as_posix(), fragment
    except ValueError:
        return f"outside of the repository: {path}", fragment


def dead_links(pages):
    """(page, link) of every link that leads nowhere."""
    dead = []
    for page in pages.values():
        for target in page.links:
            found = resolve(page, target)
            if found is None:
                continue
            path, fragment = found
            if not (ROOT / path).exists() and path not in pages:
                dead.append((page.path, target))
            elif fragment and path in pages and fragment not in pages[path].anchors:
                dead.append((page.path, target))
    return dead


def unreachable(pages, starts):
    """Pages to which no way of links leads from these."""
    seen, todo = set(), list(starts)
    while todo:
        path = todo.pop()
        if path in seen or path not in pages:
            continue
        seen.add(path)
        for target in pages[path].links:
            found = resolve(pages[path], target)
            if found:
                folder = f"{found[0]}/README.md"
                todo.append(folder if folder in pages else found[0])
    return set(pages) - seen
