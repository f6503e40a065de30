"""Prometheus' own engine over the chart's rules: scenarios become a file of `promtool test rules`."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field

import yaml

import chart

# Built by `make promtool`; one on the PATH is as good.
BUILT = chart.ROOT / ".local" / "promtool" / "bin" / "promtool"
MISSING = "promtool is not there (`make promtool` builds it, with Go): rules are only read, not evaluated"
HAS_TO_BE_THERE = bool(os.environ.get("NEEDS_PROMTOOL"))
# Every series of a pod has these; the release of the value set "full".
OF_A_POD = {"namespace": "shops", "job": "nishiki-metrics"}
ROLE = "app_kubernetes_io_component"


def promtool():
    """The program; none where it is neither built nor on the PATH."""
    named = os.environ.get("PROMTOOL")
    if named or BUILT.exists():
        return named or str(BUILT)
    return shutil.which("promtool")


def series(name, of=OF_A_POD, **labels):
    """A series as a pod of this release shows it. `role` is the label that the scrape puts there."""
    labels = dict(of) | {ROLE if key == "role" else key: value for key, value in labels.items()}
    return name + "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}"


def histogram(name, boundaries, values, **labels):
    """The buckets of a histogram whose observations are all alike: they grow by `values` from `above` upwards."""
    above = labels.pop("above")
    grows = {True: values, False: "0x100000"}
    ends = [*(str(boundary) for boundary in boundaries), "+Inf"]
    return {series(f"{name}_bucket", **labels, le=end): grows[end == "+Inf" or float(end) >= above] for end in ends}


@dataclass
class Scenario:
    """Series, a moment, and which of an alert's instances are firing then."""

    alert: str
    about: str
    series: dict
    at: str
    # Labels of each instance that fires; none: it is quiet.
    fires: list = field(default_factory=list)
    # Seconds between two samples.
    every: int = 30

    def __str__(self):
        return f"{self.alert}: {self.about}"


def alerts():
    """The alerts of the value set "full"."""
    (rule,) = chart.of_kind(chart.render("full"), "PrometheusRule")
    return [rule for group in rule["spec"]["groups"] for rule in group["rules"]]


def check_file(scenario, rules):
    """The file of `promtool test rules` with this scenario."""
    # An instance has the labels of its rule beside those of its expression; texts are held elsewhere.
    of_rules = [alert for alert in alerts() if alert["alert"] == scenario.alert]
    expected = []
    for labels in scenario.fires:
        (rule,) = [it for it in of_rules if {**labels, **it["labels"]} == {**it["labels"], **labels}]
        expected.append({"exp_labels": {**rule["labels"], **labels}})
    return {
        "rule_files": [str(rules)],
        "evaluation_interval": f"{scenario.every}s",
        "tests": [
            {
                "name": str(scenario),
                "interval": f"{scenario.every}s",
                "input_series": [{"series": name, "values": values} for name, values in scenario.series.items()],
                "alert_rule_test": [{"eval_time": scenario.at, "alertname": scenario.alert, "exp_alerts": expected}],
            }
        ],
    }


def without_texts(rule):
    return {key: value for key, value in rule.items() if key != "annotations"}


def write(path, rules):
    path.write_text(yaml.safe_dump({"groups": [{"name": "shotengai", "rules": rules}]}))


def run(*arguments):
    """Whether promtool is content, and what it says."""
    done = subprocess.run([promtool(), *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def check():
    """Reads all rules, as Prometheus does when it starts."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "rules.yaml"
        write(path, alerts())
        return run("check", "rules", "--lint=all", "--lint-fatal", path)


def evaluate(scenarios):
    """Whether the engine finds what these scenarios say, and its words. One run for all, each over the rules of its alert."""
    with tempfile.TemporaryDirectory() as folder:
        folder, files = pathlib.Path(folder), []
        for number, scenario in enumerate(scenarios):
            rules, path = folder / f"{scenario.alert}.yaml", folder / f"{number}.json"
            write(rules, [without_texts(rule) for rule in alerts() if rule["alert"] == scenario.alert])
            path.write_text(json.dumps(check_file(scenario, rules)))
            files.append(path)
        return run("test", "rules", *files)
