"""docs/openapi.json is valid OpenAPI, and what the services really answered (tests/golden/api) is what it says."""

import json
import pathlib
import re

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

ROOT = pathlib.Path(__file__).parents[2]
DOCUMENT = json.loads((ROOT / "docs/openapi.json").read_text())
PROBLEM = "application/problem+json"
# Values that stand for what differs from run to run.
NAMES = {
    r"<id \d+>": "0190d3a17a4c7c3e9b1a0123456789ab",
    r"<uuid \d+>": "0190d3a1-7a4c-7c3e-9b1a-0123456789ab",
    "<request>": "0190d3a1-7a4c-7c3e-9b1a-0123456789ab",
    "<time>": "2026-11-28T12:34:56.789Z",
    "<minute>": "2026-11-28T12:34",
    "<micros>": "1767225600000001",
    "<span>": "1203",
}


def named(text):
    for name, value in NAMES.items():
        text = re.sub(name, value, text)
    return text


class Exchange:
    def __init__(self, place, text):
        asked, answered = text.split("\n# ", 1)
        title, first, *rest = asked.strip("\n").split("\n")
        self.title = f"{place}: {title}"
        self.method, path = first.split(" ", 1)
        self.path = named(path).split("?")[0]
        headers, _, body = "\n".join(rest).partition("\n\n")
        self.sent = named(body.strip())
        status, *lines = answered.split("\n")
        self.status = status.split(" ")[0]
        lines = [line.removeprefix("# ") for line in lines if line.startswith("# ")]
        known = [line for line in lines if re.match(r"^[a-z-]+: ", line)]
        self.headers = dict(line.split(": ", 1) for line in known)
        self.text = named("\n".join(lines[len(known) :]))
        self.media = self.headers.get("content-type", "").split(";")[0]

    def operation(self):
        method = self.method.lower()
        fixed = DOCUMENT["paths"].get(self.path, {})
        if method in fixed:
            return fixed[method]
        for path, item in DOCUMENT["paths"].items():
            if "{" in path and re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", path), self.path):
                return item.get(method)
        return None


def exchanges():
    for file in sorted((ROOT / "tests/golden/api").glob("*.http")):
        if file.stem != "internal":
            for text in ("\n" + file.read_text()).split("\n### ")[1:]:
                if "\n# " in text and re.match(r"[A-Z]+ /", text.split("\n")[1]):
                    yield Exchange(file.stem, text)


ALL = list(exchanges())
# HEAD and OPTIONS are HTTP's own, and what names no route is in no document.
DOCUMENTED = [one for one in ALL if one.operation() and one.method not in ("HEAD", "OPTIONS")]


def resolve(part):
    """What a reference leads to."""
    if "$ref" not in part:
        return part
    *_, kind, name = part["$ref"].split("/")
    return DOCUMENT["components"][kind][name]


def validator(schema):
    return jsonschema_rs.validator_for({**schema, "components": DOCUMENT["components"]})


def test_the_document_is_valid():
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_the_exchanges_were_read():
    assert len(DOCUMENTED) > 150, len(DOCUMENTED)
    strangers = {(one.method, one.path) for one in ALL} - {(one.method, one.path) for one in DOCUMENTED}
    assert all(method in ("HEAD", "OPTIONS", "PATCH") or path in ("/nowhere", "/products/") for method, path in strangers)


@pytest.mark.parametrize("one", DOCUMENTED, ids=lambda one: f"{one.title}, {one.status}")
def test_the_answer_is_what_the_document_says(one):
    responses = one.operation()["responses"]
    assert one.status in responses, f"{one.method} {one.path}: {one.text}"
    response = resolve(responses[one.status])
    if not one.media:
        return
    assert one.media in response["content"], one.media
    content = response["content"][one.media]
    for header, known in response.get("headers", {}).items():
        if header != "x-request-id" and not (header == "Retry-After" and header.lower() not in one.headers):
            assert header.lower() in one.headers, header
            wanted = known["schema"].get("const", one.headers[header.lower()])
            assert one.headers[header.lower()] == wanted
    if one.media.endswith("json") and one.text != "<a text>":
        body = json.loads(one.text)
        validator(content["schema"]).validate(body)
        if one.media == PROBLEM:
            assert body["type"].removeprefix("/problems/") in content["examples"], body


@pytest.mark.parametrize(
    "one", [one for one in DOCUMENTED if one.sent.startswith("{") and one.status[0] == "2"], ids=lambda one: one.title
)
def test_what_was_taken_is_what_the_document_asks_for(one):
    schema = one.operation()["requestBody"]["content"]["application/json"]["schema"]
    validator(schema).validate(json.loads(one.sent))


def test_every_operation_was_seen_in_each_of_its_good_ways():
    seen = {(one.operation()["operationId"], one.status) for one in DOCUMENTED}
    for item in DOCUMENT["paths"].values():
        for operation in item.values():
            good = [status for status in operation["responses"] if status[0] == "2"]
            missing = [status for status in good if (operation["operationId"], status) not in seen]
            assert not missing, f"{operation['operationId']}: {missing}"


def test_every_example_is_what_its_schema_says():
    found = 0
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for example in schema.get("examples", []):
            found += 1
            validator({"$ref": f"#/components/schemas/{name}"}).validate(example)
    assert found >= 12, found
    for item in DOCUMENT["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if "example" in parameter:
                    validator(parameter["schema"]).validate(parameter["example"])
