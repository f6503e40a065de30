"""Provisioning by either mode: what it is called decides whether it can follow what was there before."""

import pytest

import chart

JOB = {"provision": {"mode": "job"}}
KINDS = ("Job", "ServiceAccount", "NetworkPolicy")


def parts(values, base="default"):
    """{kind: the name of provisioning's object}."""
    found = chart.of_kind(chart.render_values(values, base=base), *KINDS)
    return {one["kind"]: one["metadata"]["name"] for one in found if chart.component(one) == "provision"}


def job(values):
    return parts({**JOB, **values})["Job"]


@pytest.mark.parametrize(
    "change",
    [
        {"image": {"tag": "0.2.0"}},
        {"aws": {"region": "eu-central-1"}},
        {"publish": "cdc"},
        {"provision": {"mode": "job", "kinesisShards": 8}},
        {"roleDefaults": {"nodeSelector": {"disk": "fast"}}},
        {"commonLabels": {"team": "street"}},
    ],
)
def test_a_job_that_says_something_else_is_another_job(change):
    # Tools that only render count no revisions, and a Job can't be changed.
    assert job(change) != job({})


def test_a_job_that_says_the_same_is_the_same():
    assert job({}) == job({"currency": "EUR", "keda": {"enabled": True}})


def test_one_mode_can_follow_the_other():
    hook, beside = parts({}), parts(JOB)
    assert set(hook) == set(beside) == set(KINDS)
    assert not set(hook.values()) & set(beside.values())


def test_the_longest_name_has_room_for_many_revisions():
    # A Job's name becomes a label of its pods: 63 characters. Rendered, the revision is 1.
    assert len(job({"fullnameOverride": "x" * 60})) + len("9999") <= 63


@pytest.mark.parametrize("mode", ["hook", "job"])
def test_it_runs_as_the_account_that_is_made_for_it(mode):
    documents = chart.render_values({"provision": {"mode": mode}})
    (one,) = chart.of_kind(documents, "Job")
    assert one["spec"]["template"]["spec"]["serviceAccountName"] == parts({"provision": {"mode": mode}})["ServiceAccount"]


def test_provisioning_alone_is_the_job_that_operations_waits_for():
    section = (chart.ROOT / "docs" / "operations.md").read_text().split("\n## Upgrade\n")[1].split("\n## ")[0]
    assert "--show-only templates/provision.yaml" in section
    flags = ["--values", chart.VALUE_SETS["default"], "--show-only", "templates/provision.yaml"]
    found = chart.objects(chart.helm("template", "shotengai", chart.CHART, "--namespace", "shotengai", *flags))
    # All that the Job needs is in it, and nothing else.
    assert {one["kind"] for one in found} == set(KINDS)
    (job,) = chart.of_kind(found, "Job")
    assert section.count(f"job/{job['metadata']['name']}") == 2


@pytest.mark.parametrize("mode", ["hook", "job"])
def test_a_catalog_without_images_is_provisioned_without_their_bucket(mode):
    def images(values):
        (one,) = chart.of_kind(chart.render_values({**values, "provision": {"mode": mode}}), "Job")
        (container,) = one["spec"]["template"]["spec"]["containers"]
        return [entry["value"] for entry in container["env"] if entry["name"] == "IMAGES"]

    assert images({}) == []
    assert images({"roles": {"catalog": {"settings": {"IMAGES": "off"}}}}) == ["off"]


@pytest.mark.parametrize("mode", ["job", "hook"])
def test_the_streams_consumer_is_registered_where_bridges_subscribe(mode):
    def reads(values):
        (one,) = chart.of_kind(chart.render_values({**values, "provision": {"mode": mode}}), "Job")
        (container,) = one["spec"]["template"]["spec"]["containers"]
        return [entry["value"] for entry in container["env"] if entry["name"] == "STREAM_READ"]

    assert reads({}) == []
    assert reads({"roles": {"bridge": {"settings": {"STREAM_READ": "push"}}}}) == ["push"]
