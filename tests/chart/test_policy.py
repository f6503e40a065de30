"""What holds for every pod of the chart, whatever its values."""

import re

import pytest

import chart

ROLES = chart.facts()
# Of the SDK, not of ours.
SDK = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
MONITORED = {"serviceMonitor": {"enabled": True}, "rules": {"enabled": True}}


def is_ours(container):
    return container.get("args", [""])[0] in ("serve", "provision", "seed", "smoke")


def test_pods_are_restricted_and_more(rendered):
    for document, _, pod in chart.workloads(rendered):
        name = document["metadata"]["name"]
        context = pod["securityContext"]
        assert context["runAsNonRoot"] and context["runAsUser"] > 0 and context["runAsGroup"] > 0, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(), name
        assert all(set(volume) - {"name"} <= {"secret", "configMap", "emptyDir"} for volume in pod.get("volumes", [])), name
        for container in pod["containers"] + pod.get("initContainers", []):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert not any("hostPort" in port for port in container.get("ports", [])), name
            if is_ours(container):
                assert context["runAsUser"] == 65532, name


def test_no_pod_has_a_token_but_who_keeps_leases(value_set, rendered):
    tokens = {chart.component(document) for document, _, pod in chart.workloads(rendered) if pod["automountServiceAccountToken"]}
    assert tokens == (set() if value_set == "minimal" else {"bridge"})


def test_leases_and_their_events_are_all_that_a_role_may_touch(rendered):
    assert not chart.of_kind(rendered, "ClusterRole", "ClusterRoleBinding")
    for role in chart.of_kind(rendered, "Role"):
        assert {(*rule["apiGroups"], *rule["resources"]): set(rule["verbs"]) for rule in role["rules"]} == {
            ("coordination.k8s.io", "leases"): {"get", "list", "create", "update", "delete"},
            ("events.k8s.io", "events"): {"create"},
        }
    accounts = {account["metadata"]["name"] for account in chart.of_kind(rendered, "ServiceAccount")}
    for binding in chart.of_kind(rendered, "RoleBinding"):
        chart.named(rendered, "Role", binding["roleRef"]["name"])
        assert {subject["name"] for subject in binding["subjects"]} <= accounts


# As shared/kubernetes/src/names.rs has it: a longer name is cut.
MOST_IN_A_NAME = 150


def slug(group):
    """As shared/kubernetes/src/names.rs makes a group readable."""
    return re.sub("[^a-z0-9]+", "-", group.lower()).strip("-")


def lease_policies(documents):
    """{account: (the pattern of names, the group)} of the policies that guard Leases, each bound to be enforced."""
    found = {}
    bindings = {one["spec"]["policyName"]: one["spec"]["validationActions"] for one in chart.of_kind(documents, "ValidatingAdmissionPolicyBinding")}
    for policy in chart.of_kind(documents, "ValidatingAdmissionPolicy"):
        spec = policy["spec"]
        assert spec["failurePolicy"] == "Fail" and bindings.pop(policy["metadata"]["name"]) == ["Deny"]
        assert "namespace" not in policy["metadata"] and policy["metadata"]["name"].startswith("shops-")
        assert spec["matchConstraints"]["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": "shops"}}
        (rule,) = spec["matchConstraints"]["resourceRules"]
        assert rule["resources"] == ["leases"] and set(rule["operations"]) == {"CREATE", "UPDATE", "DELETE"}
        (condition,) = spec["matchConditions"]
        account = re.fullmatch(r'request\.userInfo\.username == "system:serviceaccount:shops:([a-z-]+)"', condition["expression"])[1]
        name, group = (one["expression"] for one in spec["validations"])
        found[account] = re.search(r'matches\("(.*)"\)', name)[1], re.search(r'== "([^"]*)"\)$', group)[1]
    assert bindings == {}
    return found


def test_who_keeps_leases_may_touch_its_own_alone(value_set, rendered):
    keepers = {subject["name"] for binding in chart.of_kind(rendered, "RoleBinding") for subject in binding["subjects"]}
    policies = lease_policies(rendered)
    assert set(policies) == keepers and (keepers or value_set == "minimal")
    for pattern, group in policies.values():
        assert group == ("blue-bridge/events" if value_set == "full" else "bridge/ec-events")
        own = f"{slug(group)}-shardid-000000000000-43c979cf223f"
        assert re.search(pattern, own) and not re.search(pattern, own[:-1]) and not re.search(pattern, f"x{own}")
        assert not any(re.search(pattern, name) for name in ("leader", "bridge", f"{slug(group)}", "kube-controller-manager", ""))


def test_the_longest_group_is_not_cut_by_the_program():
    assert f"MOST_IN_A_NAME: usize = {MOST_IN_A_NAME};" in (chart.ROOT / "shared/kubernetes/src/names.rs").read_text()
    aws = {"resourcePrefix": "Blue__" + "b" * 26, "stream": "S.." + "s" * 77}
    ((pattern, group),) = lease_policies(chart.render_values({"aws": aws})).values()
    assert group == f"{aws['resourcePrefix']}bridge/{aws['stream']}" and len(slug(group)) < MOST_IN_A_NAME
    # Whatever the shard or pod is called, and however much of that is cut.
    for lease in ("shardid-000000000000", "member-" + "p" * 250):
        readable = f"{slug(group)}-{lease}"[:MOST_IN_A_NAME].rstrip("-")
        assert re.search(pattern, f"{readable}-43c979cf223f")
    for longer in ({**aws, "stream": aws["stream"] + "s"}, {**aws, "resourcePrefix": aws["resourcePrefix"] + "b"}):
        with pytest.raises(chart.Refused):
            chart.render_values({"aws": longer})


def test_an_account_of_somebody_else_s_gets_no_policy_and_none_is_made_where_that_is_not_allowed():
    theirs = {"roles": {"bridge": {"serviceAccount": {"create": False, "name": "theirs"}}}}
    for values in (theirs, {"leasePolicy": {"enabled": False}}, {"leases": "table"}):
        documents = chart.render_values(values)
        assert not chart.of_kind(documents, "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")


def test_images_are_pinned_and_sized(rendered):
    for document, _, pod in chart.workloads(rendered):
        for container in pod["containers"]:
            image = container["image"]
            assert re.search(r"(:[^:/]+|@sha256:[0-9a-f]{64})$", image) and not image.endswith(":latest"), image
            resources = container["resources"]
            assert {"cpu", "memory"} <= resources["requests"].keys() and "memory" in resources["limits"], document["metadata"]["name"]


def test_every_server_has_three_probes_on_ports_that_it_has(rendered):
    for deployment in chart.of_kind(rendered, "Deployment"):
        for container in deployment["spec"]["template"]["spec"]["containers"]:
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                get = container[probe].get("httpGet")
                assert get is None or get["port"] in ports
            if is_ours(container):
                assert ports == {"http": 8080, "health": 9090}
                paths = [container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")]
                assert paths == ["/livez", "/livez", "/readyz"]


def test_selectors_find_their_own_pods_and_no_others(rendered):
    pods = {document["metadata"]["name"]: meta["labels"] for document, meta, _ in chart.workloads(rendered)}

    def found(selector):
        return {name for name, labels in pods.items() if selector.items() <= labels.items()}

    for deployment in chart.of_kind(rendered, "Deployment"):
        assert found(deployment["spec"]["selector"]["matchLabels"]) == {deployment["metadata"]["name"]}
        for spread in deployment["spec"]["template"]["spec"].get("topologySpreadConstraints", []):
            assert found(spread["labelSelector"]["matchLabels"]) == {deployment["metadata"]["name"]}
    for budget in chart.of_kind(rendered, "PodDisruptionBudget"):
        assert found(budget["spec"]["selector"]["matchLabels"]) == {budget["metadata"]["name"]}
    roles = {d["metadata"]["name"] for d in chart.of_kind(rendered, "Deployment") if chart.component(d) in ROLES}
    for service in chart.of_kind(rendered, "Service"):
        wanted = roles if service["spec"].get("clusterIP") == "None" else {service["metadata"]["name"]}
        assert found(service["spec"]["selector"]) == wanted
        for name in wanted:
            deployment = chart.named(rendered, "Deployment", name)
            ports = {port["name"] for port in deployment["spec"]["template"]["spec"]["containers"][0]["ports"]}
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_a_role_rolls_without_missing_a_pod_and_ends_after_its_drain(rendered):
    for deployment in chart.of_kind(rendered, "Deployment"):
        if chart.component(deployment) not in ROLES:
            continue
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        pod = deployment["spec"]["template"]["spec"]
        env = {e["name"]: e.get("value") for e in pod["containers"][0]["env"]}
        # supervisor: pre-stop, drain, then 5 s for telemetry.
        assert pod["terminationGracePeriodSeconds"] >= int(env["PRE_STOP_SECONDS"]) + int(env["DRAIN_SECONDS"]) + 5


def test_what_is_scaled_has_no_fixed_number_and_one_scaler(rendered):
    scaled = [o["spec"]["scaleTargetRef"]["name"] for o in chart.of_kind(rendered, "HorizontalPodAutoscaler", "ScaledObject")]
    assert len(set(scaled)) == len(scaled)
    for deployment in chart.of_kind(rendered, "Deployment"):
        assert ("replicas" in deployment["spec"]) != (deployment["metadata"]["name"] in scaled)


def test_keda_may_take_over_from_the_autoscalers_that_it_replaces_and_from_no_others():
    ours = chart.of_kind(chart.render("default"), "HorizontalPodAutoscaler")
    open_to_it = {o["metadata"]["name"] for o in ours if o["metadata"].get("annotations", {}).get("validations.keda.sh/hpa-ownership") == "false"}
    its = chart.of_kind(chart.render_values({"keda": {"enabled": True}}), "ScaledObject")
    assert open_to_it == {o["metadata"]["name"] for o in its} & {o["metadata"]["name"] for o in ours} != set()


def test_every_queue_scales_by_depth_and_age_and_the_bridge_by_lag():
    for document in chart.of_kind(chart.render("full"), "ScaledObject"):
        fact = ROLES[chart.component(document)]
        triggers = [(t["type"], t["metadata"].get("queueURL") or t["metadata"].get("dimensionValue")) for t in document["spec"]["triggers"]]
        wanted = [("aws-sqs-queue", f"blue-{queue['name']}") for queue in fact.get("queues", [])]
        wanted += [("aws-cloudwatch", f"blue-{queue['name']}") for queue in fact.get("queues", []) if queue["age"]]
        wanted += [("aws-cloudwatch", "blue-events")] if fact.get("stream") else []
        wanted += [("cpu", None)] if fact.get("http") and not fact.get("asked") else []
        assert sorted(triggers, key=str) == sorted(wanted, key=str)


def test_a_fallback_stands_only_where_keda_takes_one():
    # Its webhook refuses one beside a CPU trigger, and beside any whose metric is no average.
    found = chart.of_kind(chart.render("full"), "ScaledObject")
    for document in found:
        kinds = {trigger["type"]: trigger["metricType"] for trigger in document["spec"]["triggers"]}
        assert ("fallback" in document["spec"]) == ("cpu" not in kinds)
        assert {kind for name, kind in kinds.items() if name != "cpu"} == {"AverageValue"}
    assert any("fallback" in document["spec"] for document in found)


def test_a_given_secret_can_not_be_guessed_from_a_pod():
    for _, meta, _ in chart.workloads(chart.render("full")):
        assert len(meta.get("annotations", {}).get("checksum/secrets", "")) <= 4


def test_what_is_referred_to_is_there_or_said_to_be_elsewhere(value_set, rendered):
    own = {o["metadata"]["name"]: set(o.get("data", {})) for o in chart.of_kind(rendered, "Secret")}
    elsewhere = {"default": {"postgres", "mail"}, "minimal": {"keys"}, "kind": set(), "full": {"aws"},
                 "aws": {"shotengai-keys", "shotengai-rds", "shotengai-ses"}, "existing-secrets": {"keys", "rds", "ses"}}[value_set]  # fmt: skip
    used = set()
    accounts = {account["metadata"]["name"] for account in chart.of_kind(rendered, "ServiceAccount")} | {"default"}
    for _, _, pod in chart.workloads(rendered):
        assert pod.get("serviceAccountName", "default") in accounts
        for volume in pod.get("volumes", []):
            if "secret" in volume:
                used.add((volume["secret"]["secretName"], volume["secret"]["items"][0]["key"]))
            if "configMap" in volume:
                assert value_set == "aws" and volume["configMap"]["name"] == "rds-ca"
        for container in pod["containers"] + pod.get("initContainers", []):
            mounts = {mount["name"] for mount in container.get("volumeMounts", [])}
            assert mounts == {volume["name"] for volume in pod.get("volumes", [])}
            references = [e["valueFrom"]["secretKeyRef"] for e in container.get("env", []) if "secretKeyRef" in e.get("valueFrom", {})]
            used |= {(reference["name"], reference["key"]) for reference in references}
    for secret, key in used:
        assert secret in elsewhere or key in own.get(secret, set()), f"{secret}/{key} is nowhere"
    assert elsewhere <= {secret for secret, _ in used}


def test_no_variable_is_set_twice(rendered):
    for _, _, pod in chart.workloads(rendered):
        for container in pod["containers"]:
            names = [variable["name"] for variable in container.get("env", [])]
            assert len(set(names)) == len(names)


@pytest.mark.parametrize("change", [{"currency": "EUR"}, {"settings": {"CONSUMER_MAX_ATTEMPTS": 9}}, {"secrets": {"internalToken": {"value": "0123456789abcdef"}}}])
def test_pods_start_anew_when_what_they_read_changes(change):
    before = {d["metadata"]["name"]: d["spec"]["template"] for d in chart.of_kind(chart.render("default"), "Deployment")}
    after = {d["metadata"]["name"]: d["spec"]["template"] for d in chart.of_kind(chart.render_values(change), "Deployment")}
    assert all(before[name] != after[name] for name in before)


def test_pods_stay_when_nothing_that_they_read_changes():
    templates = [[d["spec"]["template"] for d in chart.of_kind(documents, "Deployment")]
                 for documents in (chart.render_values({}), chart.render_values({"keda": {"enabled": True}, "monitoring": MONITORED}))]  # fmt: skip
    assert templates[0] == templates[1]


def test_access_keys_never_stand_beside_an_identity():
    for _, _, pod in chart.workloads(chart.render("aws")):
        assert not any(SDK & {e["name"] for e in container.get("env", [])} for container in pod["containers"])
