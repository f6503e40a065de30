"""The chart and the program can't drift apart: names, queues, calls and settings are read from what the program says of itself."""

import re

import pytest

import chart
import described

SERVICES = chart.ROOT / "services"
SDK = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
# Settings that the chart is ahead of; each leaves this list when the source has it.
AHEAD: set[str] = set()


def test_the_description_has_the_settings():
    # One that lists nothing would let everything pass.
    assert len(described.shared()) > 20
    assert described.of_role("order")["ORDER_DEADLINE_SECONDS"].maximum == 259_200
    assert described.shared()["DRAIN_SECONDS"].minimum == 0 and described.shared()["DRAIN_SECONDS"].default == 25


def test_every_variable_that_the_chart_sets_is_one_that_the_program_reads(rendered):
    shared = set(described.shared())
    for document, _, pod in chart.workloads(rendered):
        for container in pod["containers"] + pod.get("initContainers", []):
            words = container.get("args", [])
            if words[:1] == ["serve"]:
                known = shared | set(described.of_role(words[1])) | AHEAD
            elif words[:1] in (["provision"], ["seed"], ["smoke"]):
                known = shared | {setting.env for setting in described.of_command(words[0]).values()}
            else:
                continue
            names = {variable["name"] for variable in container["env"]} - SDK
            names -= {"RUST_BACKTRACE", "NODE"}  # extraEnv of the value set `full`
            assert names <= known, f"{document['metadata']['name']}: {names - known}"


def test_the_chart_has_the_roles_that_the_binary_has():
    assert set(chart.facts()) == set(described.roles())
    # The archiver is there where somebody wants an archive.
    assert {d["spec"]["template"]["spec"]["containers"][0]["args"][1] for d in chart.of_kind(chart.render("default"), "Deployment")} == set(chart.facts()) - {"archiver"}


def test_every_role_empties_the_queues_that_the_contracts_give_it():
    consumed = (queue for queue in chart.topology()["queues"] if queue["source"] not in ("stream", "price_stream"))
    found = {(queue["service"], queue["name"]) for queue in consumed}
    facts = {(role, queue["name"]) for role, fact in chart.facts().items() for queue in fact.get("queues", [])}
    assert facts == found and len(found) >= 7


@pytest.mark.parametrize("service", chart.topology()["services"], ids=lambda service: service["name"])
def test_a_role_may_reach_what_the_topology_says_and_nothing_else(service):
    fact = chart.facts()[service["name"]]
    assert set(fact.get("calls", [])) == {call["service"] for call in service["calls"]}
    needs = set(fact.get("needs", [])) | ({"stream"} if fact.get("stream", False) else set())
    assert needs == set(service["needs"])
    called = {call["service"] for other in chart.topology()["services"] for call in other["calls"]}
    assert fact.get("http", False) == (service["name"] in called)


def test_ports_and_user_are_those_of_the_image():
    shared = described.shared()
    assert (shared["HTTP_ADDR"].default, shared["HEALTH_ADDR"].default) == ("0.0.0.0:8080", "0.0.0.0:9090")
    dockerfile = chart.ROOT / "deploy" / "Dockerfile"
    if dockerfile.exists():
        assert "USER 65532" in dockerfile.read_text()


def test_the_image_has_no_local_servers():
    # `shotengai dev` starts them; `make image-test` sees that the image's program does not know the command.
    builds = re.findall(r"cargo build [^\n]*", (chart.ROOT / "deploy" / "Dockerfile").read_text())
    assert len(builds) == 2 and all("--no-default-features" in build for build in builds)
    manifest = (SERVICES / "shotengai" / "Cargo.toml").read_text()
    assert re.search(r'^default = \["dev"\]$', manifest, re.MULTILINE)
    optional = re.findall(r"^shotengai-(\w+) = \{ workspace = true, optional = true \}$", manifest, re.MULTILINE)
    assert optional == ["inbox", "street"]


def test_the_local_aws_is_the_one_that_developers_have():
    pinned = re.search(r"^ministack==([\d.]+)", (chart.ROOT / "localstack" / "requirements.txt").read_text(), re.MULTILINE).group(1)
    local = chart.yaml.safe_load((chart.CHART / "values.yaml").read_text())["local"]
    assert local["ministack"]["image"].endswith(f"/ministack:{pinned}")
    compose = re.findall(r"^    image: (\S+)$", (chart.ROOT / "deploy" / "compose.yaml").read_text(), re.MULTILINE)
    assert len(compose) == 3
    for part in local.values():
        assert any(part["image"].endswith(f"/{image}") for image in compose), part["image"]


def test_the_commands_and_flags_that_pods_run_are_in_the_command_line():
    assert described.of_command("provision") and described.of_command("seed")
    pod = chart.named(chart.render("existing-secrets"), "Pod", "street-shotengai-test")
    command, *words = pod["spec"]["containers"][0]["args"]
    flags = [word.split("=")[0] for word in words]
    assert flags == ["--within-seconds", "--product"]
    assert set(flags) <= {setting.flag for setting in described.of_command(command).values()}


def test_storefront_believes_as_many_proxies_as_the_chart_puts_before_it():
    def believed(documents):
        env = chart.named(documents, "Deployment", "street-shotengai-storefront")["spec"]["template"]["spec"]["containers"][0]["env"]
        return {variable["name"]: variable.get("value") for variable in env}.get("TRUSTED_PROXIES")

    assert believed(chart.render("default")) is None
    assert believed(chart.render("kind")) == "1" and believed(chart.render("existing-secrets")) == "1"
    assert believed(chart.render_values({"roles": {"storefront": {"settings": {"TRUSTED_PROXIES": 2}}}}, base="kind")) == "2"
