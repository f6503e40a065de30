"""An upgrade goes through whatever people and scalers did to the counts of pods meanwhile; tests/cluster tries it on an API server."""

import re

import chart

# The archiver is there where somebody wants an archive.
ROLES = set(chart.facts()) - {"archiver"}


def counts(values):
    """{role: the count that its Deployment names, or none}."""
    found = chart.of_kind(chart.render_values(values), "Deployment")
    return {chart.component(one): one["spec"].get("replicas") for one in found if chart.component(one) in ROLES}


def test_a_count_that_is_somebody_else_s_is_not_named():
    unscaled = {role for role, count in counts({}).items() if count is not None}
    assert unscaled, "some role has a fixed count by default"
    assert set(counts({"roleDefaults": {"fixedReplicas": False}}).values()) == {None}
    one = sorted(unscaled)[0]
    after = counts({"roles": {one: {"fixedReplicas": False}}})
    assert {role for role, count in after.items() if count is not None} == unscaled - {one}


def test_no_scaler_and_a_fixed_count_is_the_one_that_was_asked_for():
    asked = {"roleDefaults": {"autoscaling": {"enabled": False}, "replicas": 3}, "roles": {"order": {"replicas": 0}}}
    # Of ops the chart asks for one.
    asked["roles"]["ops"] = {"replicas": 3}
    assert counts(asked) == {role: 0 if role == "order" else 3 for role in ROLES}


def commands(text):
    """Commands of blocks of code, continued lines joined."""
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        yield from (line.strip() for line in block.replace("\\\n", " ").splitlines())


def test_every_documented_upgrade_takes_back_what_others_have_set():
    pages = [*chart.ROOT.glob("*.md"), *chart.ROOT.glob("docs/**/*.md"), chart.CHART / "README.md"]
    found = [command for page in pages for command in commands(page.read_text()) if re.match(r"helm (upgrade|rollback) ", command)]
    assert len(found) >= 6
    # Without the first Helm 4 refuses the second for a release that Helm 3 began.
    assert [command for command in found if not {"--server-side=true", "--force-conflicts"} <= set(command.split())] == []
