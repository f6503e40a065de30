"""Names as the API server takes them: by the kind of the object, and by what a part of a pod is. Kubernetes' published schemas know
only that they are strings."""

import re

LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
LABEL_1123 = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
# What can stand in a path: of RBAC's objects.
SEGMENT = re.compile(r"(?!\.{1,2}$)[^/%]+")
PORT = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LABEL_VALUE = re.compile(r"|[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")

RULES = {
    # Until every supported version takes digits first (RelaxedServiceNameValidation).
    "Service": (LABEL_1035, 63),
    # Its name becomes a label of its pods.
    "Job": (SUBDOMAIN, 63),
    "Role": (SEGMENT, 253),
    "RoleBinding": (SEGMENT, 253),
}


def _wrong(what, name, rule):
    pattern, most = rule
    return [] if pattern.fullmatch(name) and len(name) <= most else [f"{what} {name!r}"]


def faults(document):
    """What of an object's names a cluster would refuse."""
    kind, name = document["kind"], document["metadata"]["name"]
    found = _wrong(kind, name, RULES.get(kind, (SUBDOMAIN, 253)))
    metadata = [document["metadata"]]
    spec = document.get("spec", {})
    pod = spec if kind == "Pod" else spec.get("template", {}).get("spec") if kind in ("Deployment", "Job") else None
    if pod is not None:
        metadata.append(spec.get("template", {}).get("metadata", {}))
        containers = pod["containers"] + pod.get("initContainers", [])
        for part in containers + pod.get("volumes", []):
            found += _wrong(f"{kind} {name}: part", part["name"], (LABEL_1123, 63))
        for port in (port for container in containers for port in container.get("ports", [])):
            found += _wrong(f"{kind} {name}: port", port["name"], (PORT, 15))
        found += _wrong(f"{kind} {name}: account", pod.get("serviceAccountName", "default"), (SUBDOMAIN, 253))
    if kind == "Service":
        for port in spec["ports"]:
            found += _wrong(f"{kind} {name}: port", port["name"], (LABEL_1123, 63))
    for one in metadata:
        for key, value in one.get("labels", {}).items():
            found += _wrong(f"{kind} {name}: label", key, (LABEL_KEY, 253 + 1 + 63)) + _wrong(f"{kind} {name}: label {key}", value, (LABEL_VALUE, 63))
        for key in one.get("annotations", {}):
            found += _wrong(f"{kind} {name}: annotation", key, (LABEL_KEY, 253 + 1 + 63))
    return found
