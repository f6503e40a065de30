"""Whether objects are valid for the API: for Kubernetes' own kinds by its published schemas, unknown fields refused; for others by the
schemas of this folder, which hold the fields that the chart uses and no more."""

import functools
import json
import pathlib

import jsonschema_rs
import kubernetes_validate

import chart

SCHEMAS = chart.HERE / "schemas"
PUBLISHED = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"


@functools.lru_cache(maxsize=None)
def _definitions(version):
    """All types of a version; every kind's schema refers to this one file."""
    return json.loads((PUBLISHED / f"v{version}.0-local-strict" / "_definitions.json").read_text())


@functools.lru_cache(maxsize=None)
def _validator(version, kind, api_version):
    own = SCHEMAS / f"{kind.lower()}.json"
    if own.exists():
        return jsonschema_rs.Draft7Validator(json.loads(own.read_text()))
    group, _, short = api_version.rpartition("/")
    parts = [kind.lower(), *([group.split(".")[0]] if group else []), short]
    path = PUBLISHED / f"v{version}.0-local-strict" / ("-".join(parts) + ".json")
    assert path.exists(), f"Kubernetes {version} has no {api_version} {kind}"
    text = path.read_text().replace('"_definitions.json#', '"json-schema:///definitions#')
    return jsonschema_rs.Draft7Validator(json.loads(text), retriever=lambda _: _definitions(version))


def faults(document, version):
    validator = _validator(version, document["kind"], document["apiVersion"])
    name = f"{document['kind']}/{document['metadata']['name']}"
    return [f"{name} {list(error.instance_path)}: {error.message[:200]}" for error in validator.iter_errors(document)]
