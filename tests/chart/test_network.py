"""The NetworkPolicies, asked as a network would: may this pod reach that one?"""

import ipaddress

import pytest

import chart

ROLES = chart.facts()
ADDRESSES = (ipaddress.IPv4Address, ipaddress.IPv6Address)


def matches(selector, labels):
    return all(labels.get(key) == value for key, value in (selector or {}).get("matchLabels", {}).items())


class Network:
    """The pods of a value set and the policies between them. Outside is an address, or a namespace's name."""

    def __init__(self, documents):
        self.pods = {chart.component(d): meta["labels"] for d, meta, _ in chart.workloads(documents)}
        # The archiver is there where somebody wants an archive.
        self.roles = {name: fact for name, fact in ROLES.items() if name in self.pods}
        self.policies = [d["spec"] for d in chart.of_kind(documents, "NetworkPolicy")]

    def peer_is(self, peer, who):
        if "ipBlock" in peer:
            return isinstance(who, ADDRESSES) and who in ipaddress.ip_network(peer["ipBlock"]["cidr"])
        if isinstance(who, ADDRESSES):
            return False
        if who in self.pods:
            return "namespaceSelector" not in peer and matches(peer["podSelector"], self.pods[who])
        return "namespaceSelector" in peer and matches(peer["namespaceSelector"], {"kubernetes.io/metadata.name": who})

    def allows(self, direction, pod, who, port):
        mine = [p for p in self.policies if matches(p["podSelector"], self.pods[pod]) and direction in p["policyTypes"]]
        if not mine:
            return True
        side = {"Ingress": "from", "Egress": "to"}[direction]
        for policy in mine:
            for rule in policy.get(direction.lower(), []):
                if port in [p["port"] for p in rule["ports"]] and (side not in rule or any(self.peer_is(peer, who) for peer in rule[side])):
                    return True
        return False

    def reaches(self, source, target, port):
        out = source not in self.pods or self.allows("Egress", source, target, port)
        return out and (target not in self.pods or self.allows("Ingress", target, source, port))


AWS = ipaddress.ip_address("52.119.1.1")
AWS_V6 = ipaddress.ip_address("2600:1f14::1")


@pytest.fixture(params=["default", "kind", "aws", "full", "existing-secrets"])
def net(request):
    network = Network(chart.render(request.param))
    network.name = request.param
    return network


def test_every_pod_is_behind_a_policy_for_both_directions(net):
    for pod, labels in net.pods.items():
        for direction in ("Ingress", "Egress"):
            assert any(matches(p["podSelector"], labels) and direction in p["policyTypes"] for p in net.policies), pod


def test_roles_reach_those_they_call_and_no_others(net):
    for source in net.roles:
        for target in net.roles:
            called = target in net.roles[source].get("calls", [])
            assert net.reaches(source, target, 8080) == called, f"{source} → {target}"
            # Health and figures of all are asked for by ops alone.
            assert net.allows("Egress", source, target, 9090) == net.roles[source].get("watches", False)
            assert not net.roles[source].get("watches", False) or net.reaches(source, target, 9090)


def test_the_street_is_entered_by_storefront_alone_and_through_the_proxy_where_one_is_believed(net):
    door = {"kind": "projectcontour", "full": "ingress", "existing-secrets": "gateways", "aws": "envoy-gateway-system"}.get(net.name, "anywhere")
    for role in net.roles:
        assert net.reaches(door, role, 8080) == (role == "storefront"), role
    if net.name != "default":
        assert not net.reaches("elsewhere", "storefront", 8080)


def test_names_are_resolved_and_metrics_read_everywhere(net):
    for role in net.roles:
        assert net.reaches(role, "kube-system", 53)
        if net.name != "full":
            assert net.reaches("monitoring", role, 9090)


def test_every_role_and_the_provisioner_reach_aws(net):
    for pod in [*net.roles, "provision"]:
        if net.name == "kind":
            assert net.reaches(pod, "ministack", 4566)
            # The bridge's way to the Kubernetes API is wide until networkPolicy.apiServerTo narrows it.
            assert pod == "bridge" or not any(net.allows("Egress", pod, address, 443) for address in (AWS, AWS_V6))
        else:
            assert all(net.allows("Egress", pod, address, 8443 if net.name == "full" else 443) for address in (AWS, AWS_V6))
        # The metadata of the node is nobody's business; Pod Identity's agent is a neighbour of it.
        for metadata, agent in (("169.254.169.254", "169.254.170.23"), ("fd00:ec2::254", "fd00:ec2::23")):
            assert not net.allows("Egress", pod, ipaddress.ip_address(metadata), 80)
            assert net.allows("Egress", pod, ipaddress.ip_address(agent), 80) == (net.name in ("aws", "existing-secrets"))


def test_who_needs_the_database_mail_or_the_kubernetes_api_reaches_it_and_nobody_else(net):
    database = {"kind": ("postgresql", 5432), "full": (ipaddress.ip_address("10.1.2.3"), 5433)}.get(net.name, (ipaddress.ip_address("10.0.2.3"), 5432))
    mail = ("mailpit", 1025) if net.name == "kind" else (AWS, 587)
    for role in net.roles:
        needs = net.roles[role].get("needs", [])
        assert net.reaches(role, *database) == ("database" in needs), role
        assert net.reaches(role, *mail) == ("smtp" in needs), role
        assert net.allows("Egress", role, ipaddress.ip_address("10.96.0.1"), 6443) == ("leases" in needs), role


def test_what_is_outside_is_reached_by_ipv6_where_nothing_narrows_it():
    net = Network(chart.render("default"))
    for role in net.roles:
        needs = net.roles[role].get("needs", [])
        for port, need in ((5432, "database"), (587, "smtp"), (6443, "leases")):
            assert net.allows("Egress", role, AWS_V6, port) == (need in needs), f"{role} {port}"


def test_storefront_alone_reaches_the_issuer_that_its_settings_name():
    issuer = {"roles": {"storefront": {"settings": {"OIDC_ISSUER": "https://id.example:8443/realms/shop", "OIDC_AUDIENCE": "shop"}}}}
    narrowed = {**issuer, "networkPolicy": {"oidcIssuerTo": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}}
    for values, reached in ((issuer, True), (narrowed, False)):
        net = Network(chart.render_values(values))
        for role in net.roles:
            assert net.allows("Egress", role, AWS, 8443) == (reached and role == "storefront"), role
        assert net.allows("Egress", "storefront", ipaddress.ip_address("192.0.2.7"), 8443)
    assert not Network(chart.render("default")).allows("Egress", "storefront", AWS, 8443)


def test_traces_leave_where_there_is_a_collector(net):
    assert net.reaches("order", "tracing", 4317) == (net.name == "full")


def test_the_test_reaches_storefront_alone(net):
    assert net.reaches("test", "storefront", 8080)
    assert not any(net.reaches("test", role, 8080) for role in net.roles if role != "storefront")
    assert not net.allows("Egress", "test", AWS, 443)


def test_the_local_parts_start_nothing_themselves():
    net = Network(chart.render("kind"))
    for part in ("ministack", "postgresql", "mailpit"):
        assert not net.allows("Egress", part, AWS, 443)
        assert not net.reaches("elsewhere", part, 5432) and not net.reaches("tally", "postgresql", 5432)
