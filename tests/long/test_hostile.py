"""Many more hostile requests than `make test` has time for."""

import random

import pytest
from hypothesis import HealthCheck, settings

from customer_api.main import create_app
from tests.blackbox.server import start_server
from tests.hostile.client import HostileClient
from tests.hostile.described import Described, load_full_schema
from tests.hostile.mutation import mutants
from tests.hostile.operations import WITH_BODY

EXAMPLES = 40
MUTANTS = 2_000

schema = load_full_schema()

pytestmark = [pytest.mark.long, pytest.mark.promise("G1")]


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    environment = {"CUSTOMER_API_RATE_LIMITS": "off", "CUSTOMER_API_DOUBLE_OPT_IN": "false"}
    with start_server(tmp_path_factory.mktemp("described"), environment, workers=2) as server:
        described = Described(server.url)
        yield described
        described.close()
        assert server.process.poll() is None
        assert "unexpected_error" not in server.log.read_text("utf-8")


@schema.parametrize()
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
def test_answers_are_as_described(described, case):
    described.try_case(case)


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
async def test_bodies_with_broken_bytes_are_answered(open_shop, operation):
    shop = await open_shop(rate_limits="off")
    account = await shop.account()
    hostile = HostileClient(create_app(shop.container))
    chosen = random.Random(f"long {operation}")  # noqa: S311 - the same bodies at every run
    for body in mutants(operation, chosen, MUTANTS):
        await hostile.send(
            operation.method, operation.target(), body=body, token=account.access_token
        )
