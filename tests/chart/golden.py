"""Renders without what chance decides, so that they can be compared."""

import re

import chart

# Made anew by each render, since no cluster remembers them: base64 of keys, tokens, passwords and what holds those.
GENERATED = re.compile(
    r"^(  (?:jwt-signing-key|internal-token|admin-password|postgresql-password|database-url)): [A-Za-z0-9+/=]{24,}$", re.MULTILINE
)

# A file of the chart as it is; a test of its own holds that.
DASHBOARD = re.compile(r"^(  [\w.-]+\.json): \|-\n(?:    .*\n)+", re.MULTILINE)


def path(name):
    return chart.GOLDEN / f"{name}.yaml"


def of(name):
    text = GENERATED.sub(r"\1: (generated)", chart.render_text(chart.VALUE_SETS[name]))
    return DASHBOARD.sub(r"\1: (files/dashboard.json)\n", text)
