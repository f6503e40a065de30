"""Renders the chart. A value set is a name: a file of this folder's value_sets, or of the chart (kind, aws)."""

import contextlib
import functools
import json
import pathlib
import subprocess
import tempfile

import yaml

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
CHART = ROOT / "helm" / "shotengai"
HELM = ROOT / ".local" / "chart" / "bin" / "helm"
GOLDEN = HERE / "golden"

VALUE_SETS = {
    "default": HERE / "value_sets" / "default.yaml",
    "minimal": HERE / "value_sets" / "minimal.yaml",
    "kind": CHART / "values-kind.yaml",
    "aws": CHART / "values-aws.yaml",
    "full": HERE / "value_sets" / "full.yaml",
    "existing-secrets": HERE / "value_sets" / "existing-secrets.yaml",
}
OLDEST, NEWEST = "1.32", "1.37"


class Refused(Exception):
    """Helm did not render; its words."""


def helm(*arguments):
    done = subprocess.run([HELM, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(done.stderr)
    return done.stdout


def render_text(*files, kube=NEWEST, release="street"):
    flags = [flag for file in files for flag in ("--values", file)]
    return helm("template", release, CHART, "--namespace", "shops", "--kube-version", kube, *flags)


def objects(text):
    # The C loader is an order of magnitude faster, and there are thousands of objects.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [document for document in yaml.load_all(text, Loader=loader) if document]


@functools.lru_cache(maxsize=None)
def _rendered(name, kube):
    return render_text(VALUE_SETS[name], kube=kube)


def render(name, kube=NEWEST):
    """The objects of a value set; a copy of one's own."""
    return objects(_rendered(name, kube))


@contextlib.contextmanager
def written(values):
    """A file with these values, as long as it is needed."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(values, file)
        file.flush()
        yield file.name


def render_values(values, base="default"):
    """The objects that these values make on top of a value set."""
    with written(values) as file:
        return objects(render_text(VALUE_SETS[base], file))


def notes(values, base="default"):
    """What is said after an installation with these values on top of a value set."""
    with written(values) as file:
        flags = ["--values", VALUE_SETS[base], "--values", file]
        said = helm("install", "street", CHART, "--namespace", "shops", "--dry-run=client", *flags)
    return said.partition("\nNOTES:\n")[2]


def of_kind(documents, *kinds):
    return [document for document in documents if document["kind"] in kinds]


def named(documents, kind, name):
    found = [document for document in of_kind(documents, kind) if document["metadata"]["name"] == name]
    assert len(found) == 1, f"{len(found)} objects {kind}/{name}"
    return found[0]


def workloads(documents):
    """(object, pod's metadata, pod's spec) of everything that makes pods."""
    for document in documents:
        if document["kind"] == "Pod":
            yield document, document["metadata"], document["spec"]
        elif document["kind"] in ("Deployment", "Job"):
            template = document["spec"]["template"]
            yield document, template["metadata"], template["spec"]


def component(document):
    return document["metadata"]["labels"].get("app.kubernetes.io/component")


@functools.lru_cache(maxsize=None)
def described():
    """What the platform consists of, as the program describes it; a test of the program keeps the file true."""
    return json.loads((ROOT / "docs" / "describe.json").read_text())


def topology():
    return described()["topology"]


def facts():
    return yaml.safe_load((CHART / "files" / "roles.yaml").read_text())
