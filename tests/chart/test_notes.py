"""What the chart says after an installation is where the street really is."""

import pytest

import chart

HOST = ["shop.example.com"]
MADE = {"enabled": True, "className": "eg"}


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({}, "port-forward service/street-shotengai-storefront 8080"),
        ({"ingress": {"enabled": True}}, "get ingress street-shotengai"),
        ({"ingress": {"enabled": True, "hosts": HOST}}, "http://shop.example.com/"),
        ({"ingress": {"enabled": True, "hosts": HOST, "tls": [{"secretName": "tls", "hosts": HOST}]}}, "https://shop.example.com/"),
        # A controller need not have an address to show: who installs knows better.
        ({"ingress": {"enabled": True}, "publicUrl": "http://localhost:8080"}, "http://localhost:8080/"),
        ({"ingress": {"enabled": True, "hosts": ["10-0-0-1.example.com"]}, "publicUrl": "https://shop.example.com/"}, "https://shop.example.com/"),
        ({"gateway": {"enabled": True, "create": MADE}}, "get httproute street-shotengai"),
        ({"gateway": {"enabled": True, "hostnames": HOST, "create": MADE}}, "http://shop.example.com/"),
        ({"gateway": {"enabled": True, "hostnames": HOST, "create": {**MADE, "tlsSecret": "tls"}}}, "https://shop.example.com/"),
        # What a Gateway of somebody else's speaks, only its owner knows.
        ({"gateway": {"enabled": True, "hostnames": HOST, "parentRefs": [{"name": "public"}]}}, "shop.example.com/, by http or https,"),
        ({"gateway": {"enabled": True, "hostnames": HOST, "parentRefs": [{"name": "public"}]}, "publicUrl": "https://shop.example.com/"}, "https://shop.example.com/"),
    ],
)  # fmt: skip
def test_the_live_page_is_where_the_notes_say(values, place):
    values = {**values, "networkPolicy": {"ingressFrom": [{"podSelector": {}}]}}
    lines = [line.strip() for line in chart.notes(values).splitlines()]
    at = lines[lines.index("3. Look at it:") + 2]
    assert at.startswith(place) or at.removeprefix("kubectl -n shops ").startswith(place), at
