"""What is there after `helm uninstall`: Helm forgets hooks and the objects of revisions that failed."""

import re

import pytest

import chart

OPERATIONS = (chart.ROOT / "docs" / "operations.md").read_text()
HOOK, POLICY = "helm.sh/hook", "helm.sh/hook-delete-policy"


def annotations(document):
    return document["metadata"].get("annotations", {})


def hooks(documents):
    return [document for document in documents if HOOK in annotations(document)]


def test_what_provisioning_needs_goes_when_it_has_succeeded():
    found = [one for one in hooks(chart.render("default")) if chart.component(one) == "provision"]
    assert {one["kind"] for one in found} == {"Job", "ServiceAccount", "NetworkPolicy"}
    for one in found:
        assert set(annotations(one)[POLICY].split(",")) == {"before-hook-creation", "hook-succeeded"}, one["kind"]


@pytest.mark.parametrize("mode", ["hook", "job"])
def test_a_job_that_has_ended_goes_by_itself(mode):
    def spec(**provision):
        (job,) = chart.of_kind(chart.render_values({"provision": {"mode": mode, **provision}}), "Job")
        return job["spec"]

    assert spec()["ttlSecondsAfterFinished"] >= 60 and spec(ttlSeconds=90)["ttlSecondsAfterFinished"] == 90
    # To the API server 0 would mean at once.
    assert "ttlSecondsAfterFinished" not in spec(ttlSeconds=0)


def test_the_documented_command_removes_every_hook_that_may_stay():
    section = OPERATIONS.split("\n## Uninstall\n")[1].split("\n## ")[0]
    kinds, key, value = re.search(r"kubectl delete ([a-z,]+) -l ([a-z./]+)=(\w+)", section).groups()
    left = hooks(chart.objects(chart.render_text(chart.VALUE_SETS["default"], release=value)))
    assert {f"{one['kind'].lower()}s".replace("policys", "policies") for one in left} <= set(kinds.split(","))
    # A failed revision's Job in the other mode, too.
    left += chart.of_kind(chart.objects(chart.render_text(chart.VALUE_SETS["kind"], release=value)), "Job")
    assert left and all(one["metadata"]["labels"][key] == value for one in left)
    assert "secrets" not in kinds.split(",")


def test_what_stays_on_purpose_is_documented():
    section = OPERATIONS.split("\n## Uninstall\n")[1].split("\n## ")[0]
    rendered = chart.objects(chart.render_text(chart.VALUE_SETS["kind"], release="shotengai"))
    kept = [one["metadata"]["name"] for one in rendered if annotations(one).get("helm.sh/resource-policy") == "keep"]
    assert kept == ["shotengai-secrets"] and all(f"`{name}`" in section for name in kept)
