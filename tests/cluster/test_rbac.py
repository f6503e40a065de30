"""The roles that keep leases may do that, and nothing else; the others may do nothing at all."""

import itertools

import chart

VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]
RESOURCES = [
    "leases.coordination.k8s.io",
    "events.events.k8s.io",
    "events",
    "secrets",
    "configmaps",
    "pods",
    "pods/exec",
    "services",
    "serviceaccounts/token",
    "deployments.apps",
    "roles.rbac.authorization.k8s.io",
    "rolebindings.rbac.authorization.k8s.io",
    "nodes",
    "namespaces",
]
KEEPERS_MAY = {("leases.coordination.k8s.io", verb) for verb in ("get", "list", "create", "update", "delete")} | {
    ("events.events.k8s.io", "create")
}


def test_each_service_account_may_do_what_it_needs_and_no_more(cluster, namespace):
    text = chart.helm("template", "street", chart.CHART, "--namespace", namespace, "--values", chart.VALUE_SETS["default"])
    objects = chart.objects(text)
    cluster.apply(text, namespace=namespace)
    bound = {
        subject["name"]
        for binding in chart.of_kind(objects, "RoleBinding", "ClusterRoleBinding")
        for subject in binding["subjects"]
    }
    accounts = [account["metadata"]["name"] for account in chart.of_kind(objects, "ServiceAccount")]
    assert len(accounts) >= 9 and bound, (accounts, bound)
    assert not chart.of_kind(objects, "ClusterRole", "ClusterRoleBinding"), "nothing beyond the namespace"
    for account in accounts:
        user = f"system:serviceaccount:{namespace}:{account}"
        expected = KEEPERS_MAY if account in bound else set()
        # Everybody's rights, such as asking about oneself, are no resource of this list.
        rules = {
            (resource, verb)
            for resource, verb in itertools.product(RESOURCES, VERBS)
            if (account in bound or resource in ("leases.coordination.k8s.io", "secrets", "pods"))
            and cluster.may(user, verb, resource, namespace)
        }
        assert rules == expected, account


def test_a_keeper_has_no_rights_in_another_namespace(cluster, namespace):
    text = chart.helm("template", "street", chart.CHART, "--namespace", namespace, "--values", chart.VALUE_SETS["default"])
    cluster.apply(text, namespace=namespace)
    binding = chart.of_kind(chart.objects(text), "RoleBinding")[0]
    user = f"system:serviceaccount:{namespace}:{binding['subjects'][0]['name']}"
    for verb in ("get", "list", "update"):
        assert cluster.may(user, verb, "leases.coordination.k8s.io", namespace)
        assert not cluster.may(user, verb, "leases.coordination.k8s.io", "default")
