"""Whether objects are valid for the API: for Kubernetes' own kinds by its published schemas, unknown fields refused; for others by the
schemas of this folder, which hold the fields that the chart uses and no more."""

import functools
import json
import pathlib

import jsonschema
import kubernetes_validate
import referencing
import referencing.jsonschema

import chart

SCHEMAS = chart.HERE / "schemas"
PUBLISHED = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"


def _load(folder, name):
    contents = json.loads((folder / name).read_text())
    return referencing.Resource(contents=contents, specification=referencing.jsonschema.DRAFT7)


@functools.lru_cache(maxsize=None)
def _validator(version, kind, api_version):
    own = SCHEMAS / f"{kind.lower()}.json"
    if own.exists():
        return jsonschema.Draft7Validator(json.loads(own.read_text()))
    folder = PUBLISHED / f"v{version}.0-local-strict"
    group, _, short = api_version.rpartition("/")
    parts = [kind.lower(), *([group.split(".")[0]] if group else []), short]
    name = "-".join(parts) + ".json"
    assert (folder / name).exists(), f"Kubernetes {version} has no {api_version} {kind}"
    registry = referencing.Registry(retrieve=lambda uri: _load(folder, uri.rsplit("/", 1)[-1]))
    return jsonschema.Draft7Validator({"$ref": f"file:///{name}"}, registry=registry)


def faults(document, version):
    validator = _validator(version, document["kind"], document["apiVersion"])
    name = f"{document['kind']}/{document['metadata']['name']}"
    return [f"{name} {error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]
