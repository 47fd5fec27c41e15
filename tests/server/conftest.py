import pytest

from tests.server.wire import Application, Wire


@pytest.fixture
async def app():
    return Application()


@pytest.fixture
async def wire(app):
    return Wire(app)
