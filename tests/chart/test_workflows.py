"""The workflows are what GitHub takes, have no more rights than they need, and publish nothing that the tests have not passed."""

import subprocess
import sys

import pytest
import yaml

import chart

FOLDER = chart.ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
# Where a job writes, and what.
WRITES = {("ci.yml", "publish"): {"packages", "id-token", "attestations"}}


def load(path):
    workflow = yaml.safe_load(path.read_text())
    # YAML 1.1 reads `on` as true.
    workflow["on"] = workflow.pop(True)
    return workflow


def is_called(workflow):
    return workflow["on"] == "workflow_call"


def steps_of(workflow):
    """(job's name, step) of every step."""
    for name, job in workflow["jobs"].items():
        for step in job.get("steps", []):
            yield name, step


def test_they_are_valid():
    done = subprocess.run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", *FILES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_they_have_few_rights_an_end_and_pinned_actions(path):
    workflow = load(path)
    assert workflow["permissions"] == {"contents": "read"}
    # A called workflow is part of its caller's run: with a group by its name it would wait for itself.
    assert ("concurrency" in workflow) != is_called(workflow)
    for name, job in workflow["jobs"].items():
        writes = {right for right, level in job.get("permissions", {}).items() if level == "write"}
        assert writes == WRITES.get((path.name, name), set())
        assert "secrets" not in job
        if "uses" in job:
            assert (chart.ROOT / job["uses"]).is_file() and is_called(load(chart.ROOT / job["uses"]))
        else:
            assert job["timeout-minutes"] <= 120
    for _, step in steps_of(workflow):
        if "uses" in step:
            action, _, version = step["uses"].partition("@")
            assert version.startswith("v") and version[1:].isdigit(), step["uses"]
            assert action != "actions/checkout" or step["with"]["persist-credentials"] is False
        # What somebody else may name is never part of a script.
        assert "${{" not in step.get("run", "")


def test_every_workflow_is_part_of_the_one_that_changes_start():
    called = {job["uses"].rpartition("/")[2] for job in load(FOLDER / "ci.yml")["jobs"].values() if "uses" in job}
    assert called == {path.name for path in FILES if is_called(load(path))} == {path.name for path in FILES} - {"ci.yml"}
    assert set(load(FOLDER / "ci.yml")["on"]) == {"push", "pull_request"}


def test_nothing_is_published_that_a_job_found_wrong():
    jobs = load(FOLDER / "ci.yml")["jobs"]
    publish = jobs.pop("publish")
    # A condition without a status function, such as always(), implies that all of them succeeded.
    assert set(publish["needs"]) == set(jobs) and publish["if"] == "github.event_name == 'push'"
    assert {"test", "check", "chart", "kind", "image"} <= set(jobs)


def test_one_job_alone_reaches_the_registry_and_it_builds_nothing():
    for path in FILES:
        for name, step in steps_of(load(path)):
            action, settings = step.get("uses", "").partition("@")[0], step.get("with", {})
            if (path.name, name) in WRITES:
                assert action not in ("actions/checkout", "docker/build-push-action")
            else:
                assert action != "docker/login-action" and "push" not in settings and "type=registry" not in settings.get("outputs", "")
                assert "secrets." not in str(step)


def test_what_is_handed_on_is_what_another_job_made():
    steps = [step for path in FILES for _, step in steps_of(load(path))]
    made = [step["with"]["name"] for step in steps if step.get("uses", "").startswith("actions/upload-artifact@")]
    taken = {step["with"]["name"] for step in steps if step.get("uses", "").startswith("actions/download-artifact@")}
    # All of them are artifacts of one run.
    assert taken <= set(made) and len(set(made)) == len(made)


def test_builds_don_t_overwrite_each_other_s_cache():
    builds = [step["with"] for path in FILES for _, step in steps_of(load(path)) if step.get("uses", "").startswith("docker/build-push-action@")]
    scopes = [dict(part.split("=") for part in build["cache-to"].split(","))["scope"] for build in builds]
    assert len(set(scopes)) == len(scopes) == 2
    assert all(build["cache-from"] == f"type=gha,scope={scope}" for build, scope in zip(builds, scopes))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_target_they_make_is_one_that_make_has(path):
    targets = {line.split(":")[0] for line in (chart.ROOT / "Makefile").read_text().splitlines() if line[:1].isalpha() and ":" in line}
    for _, step in steps_of(load(path)):
        words = step.get("run", "").split()
        if "make" in words:
            assert words[words.index("make") + 1] in targets
