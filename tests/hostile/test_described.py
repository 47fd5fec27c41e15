"""What the OpenAPI document says of each operation holds for requests that are made up from it."""

import pytest
from hypothesis import HealthCheck, settings

from tests.hostile.described import Described, load_schema

EXAMPLES = 10

schema = load_schema()


@pytest.fixture(scope="session")
def described(server):
    described = Described(server.url)
    yield described
    described.close()


@pytest.mark.promise("G1")
@schema.parametrize()
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
def test_answers_are_as_described(described, case):
    described.try_case(case)
