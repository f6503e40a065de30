"""Commands that operators run in a pod of a role find there what they need."""

import re

import pytest

import chart
import described

PAGES = [chart.ROOT / "docs" / "operations.md", chart.ROOT / "docs" / "dead-letters.md", chart.CHART / "README.md"]
TEXT = "\n".join(page.read_text() for page in PAGES)
COMMANDS = re.findall(r"^kubectl exec deploy/shotengai-([a-z]+) -- (shotengai [^\n#|]+)", TEXT, re.MULTILINE)
# What a command takes from the environment, beside AWS: without it, it would look elsewhere or refuse.
NEEDS = {"status": {"LEASES", "POD_NAMESPACE"}, "rebuild": {"DATABASE_URL"}, "projections": {"DATABASE_URL"}}


def pod(role):
    documents = chart.objects(chart.render_text(chart.VALUE_SETS["default"], release="shotengai"))
    return chart.named(documents, "Deployment", f"shotengai-{role}")["spec"]["template"]["spec"]


def test_there_are_such_commands_and_none_makes_a_pod_that_is_refused():
    assert {command.split()[1] for _, command in COMMANDS} >= {"status", "dead-letters", "rebuild"}
    assert not re.search(r"^kubectl run\b", TEXT, re.MULTILINE)


@pytest.mark.parametrize(("role", "command"), COMMANDS)
def test_the_pod_has_what_the_command_needs(role, command):
    words = command.split()
    found = {variable["name"] for variable in pod(role)["containers"][0]["env"]}
    assert {"AWS_REGION", "KINESIS_STREAM_NAME"} | NEEDS.get(words[1], set()) <= found
    if words[1] == "status":
        assert pod(role)["automountServiceAccountToken"], "it reads Leases"
    commands = described.description()["settings"]["commands"]
    flags = [{setting.flag for setting in described.of_command(name).values()} for name in commands if command.startswith(f"shotengai {name}")]
    assert flags, f"there is no {command}"
    assert {word for word in words[2:] if word.startswith("--")} <= set().union(*flags), command


def test_the_image_has_the_program_on_the_path_of_every_container():
    # A container's PATH, where an image sets none: /usr/local/bin is in it.
    dockerfile = (chart.ROOT / "deploy" / "Dockerfile").read_text()
    assert 'ENTRYPOINT ["/usr/local/bin/shotengai"]' in dockerfile and not re.search(r"^ENV PATH", dockerfile.split("FROM scratch")[1], re.MULTILINE)
