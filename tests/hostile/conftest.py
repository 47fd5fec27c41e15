import pytest

from customer_api.main import create_app
from tests.blackbox.server import start_server
from tests.hostile.client import HostileClient


@pytest.fixture
async def hostile_shop(open_shop):
    """A shop whose limits do not hide what comes behind them."""
    return await open_shop(rate_limits="off")


@pytest.fixture
async def hostile(hostile_shop):
    """A client that sends what no library would."""
    return HostileClient(create_app(hostile_shop.container))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server process that all tests share, without limits that would hide what is behind them."""
    environment = {"CUSTOMER_API_RATE_LIMITS": "off", "CUSTOMER_API_DOUBLE_OPT_IN": "false"}
    with start_server(tmp_path_factory.mktemp("hostile"), environment) as running:
        yield running
