"""Renders without what chance decides, so that they can be compared."""

import re

import chart

# Made anew by each render, since no cluster remembers them: base64 of keys, tokens, passwords and what holds those.
GENERATED = re.compile(
    r"^(  (?:jwt-signing-key|internal-token|admin-password|postgresql-password|database-url)): [A-Za-z0-9+/=]{24,}$", re.MULTILINE
)


def path(name):
    return chart.GOLDEN / f"{name}.yaml"


def of(name):
    return GENERATED.sub(r"\1: (generated)", chart.render_text(chart.VALUE_SETS[name]))
