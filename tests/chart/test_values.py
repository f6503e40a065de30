"""Any values that the schema allows render to valid objects; names that it doesn't know are refused, wherever they stand."""

import concurrent.futures
import random

import jsonschema_rs
import pytest

import api
import chart
import value_trees

CASES = 40
# Helm runs beside Python, so a few at a time are faster even on few cores.
POOL = concurrent.futures.ThreadPoolExecutor(max_workers=3)


def valid_values(seed):
    """Random values; combinations that the chart refuses are made whole, so that most cases render."""
    dice = random.Random(seed)
    values = value_trees.random_value(value_trees.SCHEMA, dice, odds=dice.choice([0.15, 0.4, 0.8]))
    for _, group in [("roleDefaults", values.get("roleDefaults", {})), *values.get("roles", {}).items()]:
        scaling = group.get("autoscaling", {})
        if "minReplicas" in scaling or "maxReplicas" in scaling:
            # The bridge's own most is two, whatever all others have at the least.
            scaling["minReplicas"], scaling["maxReplicas"] = dice.randint(1, 2), dice.randint(6, 500)
    if "roles" in values:
        values["roles"].get("storefront", {}).pop("enabled", None)
    # One account may be used by several, but is made for one.
    values.get("roleDefaults", {}).get("serviceAccount", {}).pop("name", None)
    for name, owner in [*values.get("roles", {}).items(), ("provision", values.get("provision", {}))]:
        if owner.get("serviceAccount", {}).get("name"):
            owner["serviceAccount"]["name"] = f"account-of-{name}"
    if values.get("roleDefaults", {}).pop("enabled", True) is False:
        values.setdefault("roles", {})["bridge"] = {"enabled": False}
    if values.get("local", {}).get("ministack", {}).get("enabled"):
        values.setdefault("provision", {})["mode"] = "job"
        values["publish"] = "outbox"
    if values.get("tests", {}).pop("seed", False):
        values.setdefault("admin", {})["email"] = "admin@example.com"
        values.setdefault("secrets", {}).setdefault("adminPassword", {})["hashed"] = False
        values["tests"]["seed"] = True
    if values.get("aws", {}).get("podIdentity"):
        values["aws"].pop("credentials", None)
    if values.get("monitoring", {}).get("rules", {}).get("enabled"):
        values["monitoring"].setdefault("serviceMonitor", {})["enabled"] = True
    if not values.get("networkPolicy", {}).get("ingressFrom"):
        values.setdefault("networkPolicy", {})["ingressFrom"] = [{"podSelector": {}}]
    gateway = values.get("gateway", {})
    if gateway.get("enabled"):
        gateway["parentRefs"] = [{"name": "public"}]
        gateway.setdefault("create", {})["className"] = "eg"
    secrets = values.get("secrets", {})
    if secrets.get("generate") is False or secrets.get("adminPassword", {}).get("hashed"):
        for name in ("jwtSigningKey", "internalToken", "adminPassword"):
            secrets.setdefault(name, {})["existingSecret"] = "keys"
    for name in ("databaseUrl", "smtpUrl"):
        values.setdefault("secrets", {}).setdefault(name, {})["existingSecret"] = "elsewhere"
    return values


def attempt(seed):
    values = valid_values(seed)
    jsonschema_rs.Draft7Validator(value_trees.SCHEMA).validate(values)
    try:
        documents = chart.render_values(values)
    except chart.Refused as refused:
        return None, str(refused)
    return [f for d in documents for version in (chart.OLDEST, chart.NEWEST) for f in api.faults(d, version)], ""


def test_random_valid_values_render_to_valid_objects():
    results = list(POOL.map(attempt, range(CASES)))
    wrong = [f"seed {seed}: {said[-600:]}" for seed, (faults, said) in enumerate(results) if faults is None]
    assert wrong == []
    assert [f"seed {seed}: {faults[:3]}" for seed, (faults, _) in enumerate(results) if faults] == []


def test_every_object_of_the_schema_is_closed_or_says_that_it_is_free():
    for path, schema in value_trees.objects():
        free = schema.get("x-free", False)
        assert free or schema.get("additionalProperties") is False, f"{path} takes any name"


def test_unknown_names_are_refused_at_every_level():
    places = {path: schema for path, schema in value_trees.objects() if not schema.get("x-free")}
    assert len(places) > 100
    validator = jsonschema_rs.Draft7Validator(value_trees.SCHEMA)
    for path, schema in places.items():
        errors = [error.message for error in validator.iter_errors(value_trees.with_unknown_name(path, schema))]
        assert any("notAValue" in message for message in errors), f"{path}: {errors}"


def merge(into, more):
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        elif isinstance(value, list) and isinstance(into.get(key), list) and isinstance(value[0], dict):
            merge(into[key][0], value[0])
        else:
            into[key] = value
    return into


def test_helm_refuses_what_the_schema_refuses():
    # All at once: Helm names each. Beneath an array only the outermost, since examples stand there.
    places = {p: s for p, s in value_trees.objects() if not s.get("x-free") and 0 not in p[:-1]}
    values = {}
    for place in places.items():
        merge(values, value_trees.with_unknown_name(*place))
    with pytest.raises(chart.Refused) as refused:
        chart.render_values(values)
    said = str(refused.value)
    missed = [path for path in places if f"at '{''.join(f'/{step}' for step in path)}': additional properties 'notAValue' not allowed" not in said]
    assert missed == [] and len(places) > 150


@pytest.mark.parametrize(
    "values",
    [
        {"image": {"tag": "latest"}},
        {"roles": {"order": {"replicas": "two"}}},
        {"roles": {"order": {"settings": {"BRIDGE_LEASE_SECONDS": 3}}}},
        {"roles": {"bridge": {"settings": {"BRIDGE_LEASE_SECONDS": 0}}}},
        {"roles": {"reception": {}}},
        {"commonLabels": {"app.kubernetes.io/name": "other"}},
        {"secrets": {"internalToken": {"value": "short"}}},
        {"tracing": {"endpoint": "https://collector"}},
        {"networkPolicy": {"awsTo": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}},
        {"local": {"mailpit": {"image": "axllent/mailpit"}}},
        {"monitoring": {"rules": {"eventAgeSeconds": 3600}}},
        {"monitoring": {"rules": {"requestSeconds": 10}}},
    ],
)  # fmt: skip
def test_values_that_would_not_work_are_refused(values):
    with pytest.raises(chart.Refused, match="don't meet the specifications"):
        chart.render_values(values)


def test_an_account_that_exists_may_be_shared():
    shared = {"serviceAccount": {"create": False, "name": "street"}}
    documents = chart.render_values({"roleDefaults": shared, "provision": shared})
    assert {pod["serviceAccountName"] for d, _, pod in chart.workloads(documents) if d["kind"] != "Pod"} == {"street"}


PROXY = {"ingressFrom": [{"podSelector": {}}]}


@pytest.mark.parametrize(
    ("values", "cure"),
    [
        ({"secrets": {"databaseUrl": {"existingSecret": ""}}}, "or switch on local.postgresql"),
        ({"secrets": {"smtpUrl": {"existingSecret": ""}}}, "or switch on local.mailpit"),
        ({"secrets": {"generate": False}}, "secrets.generate=true"),
        ({"secrets": {"generate": False, "jwtSigningKey": {"existingSecret": "k"}, "internalToken": {"existingSecret": "k"}}, "admin": {"email": "a@b"}}, "there is no password"),
        ({"roles": {"tally": {"autoscaling": {"minReplicas": 9}}}}, "more than maxReplicas"),
        ({"roleDefaults": {"serviceAccount": {"name": "street"}}}, "set serviceAccount.create=false for them"),
        ({"roles": {"tally": {"serviceAccount": {"name": "street-shotengai-order"}}}}, "for order and tally each"),
        ({"roles": {"order": {"serviceAccount": {"name": "aws"}}}, "provision": {"serviceAccount": {"name": "aws"}}}, "for order and provision each"),
        ({"local": {"ministack": {"enabled": True}}}, "set provision.mode=job"),
        ({"local": {"ministack": {"enabled": True}}, "provision": {"mode": "job"}, "publish": "cdc"}, "set publish=outbox"),
        ({"aws": {"podIdentity": True, "credentials": {"existingSecret": "k"}}}, "keep one"),
        ({"roles": {"storefront": {"enabled": False}}}, "set tests.enabled=false"),
        ({"roles": {"storefront": {"enabled": False}}, "tests": {"enabled": False}, "ingress": {"enabled": True}}, "not enabled"),
        ({"gateway": {"enabled": True}, "networkPolicy": PROXY}, "gateway.create.enabled"),
        ({"gateway": {"enabled": True, "create": {"enabled": True}}, "networkPolicy": PROXY}, "kubectl get gatewayclasses"),
        ({"ingress": {"enabled": True}}, "networkPolicy.ingressFrom is missing"),
        ({"gateway": {"enabled": True, "create": {"enabled": True, "className": "eg"}}}, "networkPolicy.ingressFrom is missing"),
        ({"roles": {"storefront": {"settings": {"TRUSTED_PROXIES": 2}}}}, "networkPolicy.ingressFrom is missing"),
        ({"tests": {"seed": True}}, "set admin.email"),
        ({"admin": {"email": "a@b"}, "secrets": {"adminPassword": {"value": "admin123"}}}, "which everybody knows"),
        ({"monitoring": {"rules": {"enabled": True}}}, "set monitoring.serviceMonitor.enabled=true"),
        ({"extraEnv": [{"name": "CURRENCY", "value": "EUR"}]}, "which the chart sets"),
    ],
)  # fmt: skip
def test_combinations_that_would_not_work_are_refused_with_a_cure(values, cure):
    with pytest.raises(chart.Refused) as refused:
        chart.render_values(values)
    assert cure in str(refused.value)
