"""The chart and the code can't drift apart: names, queues and calls are read out of the source."""

import re

import pytest

import chart
import rust_settings

SERVICES = chart.ROOT / "services"
SDK = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
# Settings that the chart is ahead of; each leaves this list when the source has it.
AHEAD = {"ORDER_URL", "INVENTORY_URL", "QUERY_URL", "TALLY_URL", "POD_NAME", "LEASE_NAMESPACE"}


def source_of(role):
    texts = (path.read_text() for path in sorted((SERVICES / role / "src").rglob("*.rs")) if "test" not in path.name)
    return "\n".join(text.split("#[cfg(test)]")[0] for text in texts)


def test_the_settings_are_found_in_the_source():
    # A parser that finds nothing would let everything pass.
    assert len(rust_settings.shared()) > 25
    assert rust_settings.of_role("order")["ORDER_DEADLINE_SECONDS"].maximum == 259_200
    every = re.findall(r'env = "([A-Z0-9_]+)"', "".join(path.read_text() for path in (chart.ROOT / "shared").rglob("settings/*.rs")))
    assert set(every) == set(rust_settings.shared())


def test_every_variable_that_the_chart_sets_is_one_that_the_program_reads(rendered):
    shared = set(rust_settings.shared())
    for document, _, pod in chart.workloads(rendered):
        for container in pod["containers"]:
            words = container.get("args", [])
            if words[:1] == ["serve"]:
                known = shared | set(rust_settings.of_role(words[1])) | AHEAD
            elif words[:1] == ["provision"]:
                known = shared | set(rust_settings.of_tools())
            else:
                continue
            names = {variable["name"] for variable in container["env"]} - SDK
            names -= {"RUST_BACKTRACE", "NODE"}  # extraEnv of the value set `full`
            assert names <= known, f"{document['metadata']['name']}: {names - known}"


def test_the_chart_has_the_roles_that_the_binary_has():
    assert set(chart.facts()) == set(rust_settings.roles())
    assert {d["spec"]["template"]["spec"]["containers"][0]["args"][1] for d in chart.of_kind(chart.render("default"), "Deployment")} == set(chart.facts())


def test_every_role_empties_the_queues_that_the_contracts_give_it():
    routing = (chart.ROOT / "shared" / "contracts" / "src" / "routing.rs").read_text()
    found = {(role, queue) for queue, role in re.findall(r'QueueSpec \{\s*name: "([a-z-]+)",\s*service: "([a-z]+)"', routing)}
    found.add(("order", re.search(r'DEADLINE_QUEUE: &str = "([a-z-]+)"', routing).group(1)))
    facts = {(role, queue["name"]) for role, fact in chart.facts().items() for queue in fact.get("queues", [])}
    assert facts == found and len(found) >= 7


@pytest.mark.parametrize("role", sorted(chart.facts()))
def test_a_role_may_reach_what_its_source_reaches(role):
    source, fact = source_of(role), chart.facts()[role]
    calls = set(fact.get("calls", []))
    if role != "storefront":
        # The keys of access tokens are storefront's; an internal caller shows the shared secret instead.
        checks_tokens = re.search(r"(?<!Internal)\b(?:Admin)?Caller\b", source) is not None
        assert ("storefront" in calls) == (checks_tokens or "storefront_url" in source)
        assert ("catalog" in calls) == ("catalog_url" in source)
    assert ("database" in fact.get("needs", [])) == ("deadpool_postgres" in source)
    assert ("smtp" in fact.get("needs", [])) == ("smtp_url" in source)
    serves = re.search(r'"/(products|orders|tally)"', source) is not None
    assert fact.get("http", False) == (serves or role == "storefront")


def test_ports_and_user_are_those_of_the_image():
    args = (chart.ROOT / "shared" / "runtime" / "src" / "settings" / "args.rs").read_text()
    assert '"0.0.0.0:8080"' in args and '"0.0.0.0:9090"' in args
    dockerfile = chart.ROOT / "deploy" / "Dockerfile"
    if dockerfile.exists():
        assert "USER 65532" in dockerfile.read_text()


def test_the_local_aws_is_the_one_that_developers_have():
    pinned = re.search(r"^ministack==([\d.]+)", (chart.ROOT / "localstack" / "requirements.txt").read_text(), re.MULTILINE).group(1)
    assert f"ministack:{pinned}" in (chart.CHART / "values.yaml").read_text()
