"""Tests render with the helm that bootstrap.sh found."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import chart  # noqa: E402


@pytest.fixture(params=list(chart.VALUE_SETS))
def value_set(request):
    return request.param


@pytest.fixture
def rendered(value_set):
    return chart.render(value_set)
