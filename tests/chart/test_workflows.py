"""The workflows are what GitHub takes, and have no more rights than they need."""

import subprocess

import pytest
import yaml

import chart

FOLDER = chart.ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
# Where a job writes, and what.
WRITES = {("image.yml", "image"): {"packages", "id-token", "attestations"}}


def test_they_are_valid():
    checker = chart.ROOT / ".local" / "chart" / "venv" / "bin" / "check-jsonschema"
    done = subprocess.run([checker, "--builtin-schema", "vendor.github-workflows", *FILES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_they_have_few_rights_an_end_and_pinned_actions(path):
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"} and "concurrency" in workflow
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"] <= 120
        writes = {right for right, level in job.get("permissions", {}).items() if level == "write"}
        assert writes == WRITES.get((path.name, name), set())
        for step in job["steps"]:
            if "uses" in step:
                action, _, version = step["uses"].partition("@")
                assert version.startswith("v") and version[1:].isdigit(), step["uses"]
                assert action != "actions/checkout" or step["with"]["persist-credentials"] is False
            # What somebody else may name is never part of a script.
            assert "${{" not in step.get("run", "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_target_they_make_is_one_that_make_has(path):
    targets = {line.split(":")[0] for line in (chart.ROOT / "Makefile").read_text().splitlines() if line[:1].isalpha() and ":" in line}
    for job in yaml.safe_load(path.read_text())["jobs"].values():
        for step in job["steps"]:
            words = step.get("run", "").split()
            assert words[:1] != ["make"] or words[1] in targets
