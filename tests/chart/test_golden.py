"""What a change of the chart changes is seen in its diff. `make chart-golden` writes the renders anew."""

import chart
import golden
import update


def test_every_value_set_renders_as_it_did(value_set):
    assert golden.of(value_set) == golden.path(value_set).read_text(), "run `make chart-golden` and read the diff"


def test_there_is_no_golden_render_of_a_value_set_that_is_gone():
    assert {path.stem for path in chart.GOLDEN.iterdir()} == set(chart.VALUE_SETS)


def test_helm_lint_finds_nothing(value_set):
    done = chart.helm("lint", "--strict", chart.CHART, "--values", chart.VALUE_SETS[value_set])
    assert "0 chart(s) failed" in done, done


def test_the_schema_has_the_settings_that_the_source_has():
    assert update.SCHEMA.read_text() == update.schema(), "run `make chart-golden`"


def test_the_readme_lists_every_value():
    assert update.README.read_text() == update.readme(), "run `make chart-golden`"
