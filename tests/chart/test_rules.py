"""The chart's rules, by the engine that evaluates them: `promtool` of Prometheus. Without it they are only read, and the tests say that
they were skipped."""

from dataclasses import replace

import promql_parser
import pytest

import rules
from rule_scenarios import SCENARIOS

# Where the engine has to be there, tests that want it fail without it (`NEEDS_PROMTOOL`).
needs_engine = pytest.mark.skipif(rules.promtool() is None and not rules.HAS_TO_BE_THERE, reason=rules.MISSING)


def test_every_alert_has_series_that_set_it_off_and_series_that_do_not():
    for alert in {rule["alert"] for rule in rules.alerts()}:
        outcomes = {bool(scenario.fires) for scenario in SCENARIOS if scenario.alert == alert}
        assert outcomes == {True, False}, alert
    assert {scenario.alert for scenario in SCENARIOS} == {rule["alert"] for rule in rules.alerts()}
    assert len({str(scenario) for scenario in SCENARIOS}) == len(SCENARIOS)


def test_every_expression_can_be_read():
    for rule in rules.alerts():
        promql_parser.parse(rule["expr"])
    with pytest.raises(ValueError, match="."):
        promql_parser.parse("sum by (consumer (shotengai_dead_letters_total)")


@needs_engine
def test_the_engine_finds_nothing_wrong_with_the_rules():
    fine, said = rules.check()
    assert fine, said


@needs_engine
def test_alerts_fire_when_they_should_and_only_then():
    fine, said = rules.evaluate(SCENARIOS)
    assert fine, said
    assert said.count("SUCCESS") == len(SCENARIOS)


@needs_engine
def test_an_alert_that_should_be_quiet_and_one_that_should_fire_are_noticed():
    fires = next(scenario for scenario in SCENARIOS if scenario.alert == "ShotengaiDeadLetters" and scenario.fires)
    quiet = next(scenario for scenario in SCENARIOS if scenario.alert == "ShotengaiDeadLetters" and not scenario.fires)
    for wrong in (replace(fires, fires=[]), replace(quiet, fires=fires.fires)):
        fine, said = rules.evaluate([wrong])
        assert not fine and "FAILED" in said and wrong.alert in said
