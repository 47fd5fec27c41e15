"""The tutorial's code is that of the example plugin, which is installed and run."""

import importlib
import re
import runpy
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, distributions
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from customer_api.anonymization import repository as receipts
from customer_api.anonymization.registry import BUILT_IN, load_registry
from customer_api.customers import repository as customers
from customer_api.plugin import ANONYMIZERS, EXPORTERS
from tests.loyalty import PLUGIN, install

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "writing-an-anonymizer.md").read_text("utf-8")
BLOCKS = dict(re.findall(r"```(?:python|toml)\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("plugin"))


@pytest.fixture
def plugins(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    """The entry points of the installed plugin, which can be imported meanwhile."""
    monkeypatch.syspath_prepend(installed)
    (distribution,) = distributions(path=[str(installed)])
    yield list(distribution.entry_points)
    for name in [name for name in sys.modules if name.partition(".")[0] == "loyalty"]:
        del sys.modules[name]


@pytest.mark.parametrize("path", BLOCKS)
def test_the_page_shows_the_example(path):
    assert (PLUGIN / path).read_text("utf-8") == BLOCKS[path]


@pytest.mark.usefixtures("plugins")
def test_the_test_of_the_page_passes():
    page_test = runpy.run_path(str(PLUGIN / "tests" / "test_anonymizer.py"))

    page_test["test_the_holder_is_forgotten_and_the_points_stay"]()


def test_the_plugin_runs_before_the_built_in_anonymizers_as_the_page_says(plugins):
    registry = load_registry(["loyalty"], plugins=plugins)

    names = ", ".join(anonymizer.name for anonymizer in registry)
    assert f"ok   anonymizers: {names}\n" in PAGE
    assert registry[1:] == BUILT_IN


async def test_deleting_an_account_forgets_the_holder_of_its_card(open_shop, plugins):
    shop = await open_shop(plugins=plugins)
    account = await shop.account()
    units = shop.container.units
    tables = importlib.import_module("loyalty.tables")
    upgrade = importlib.import_module("loyalty.migrate").upgrade
    cards = tables.cards

    def hand_out_card(connection):
        upgrade(connection)
        upgrade(connection)
        owner = customers.find_by_email(connection, account.email)
        card = {"holder": "Ada Example", "holder_email": account.email, "points": 120}
        connection.execute(insert(cards), {"customer_id": owner.id, **card})

    def look(connection):
        found = connection.execute(select(cards.c.holder, cards.c.holder_email, cards.c.points))
        rows, receipt = found.all(), receipts.find(connection, account.reference)
        tables.metadata.drop_all(connection)  # the next test's database has no such table
        connection.exec_driver_sql("DROP TABLE loyalty_version")
        return rows, receipt

    await units.write(hand_out_card)
    path = f"/customers/{account.reference}/personal-data"
    exported = (await shop.call("GET", path, by=account)).json()["data"]["attributes"]["plugins"]

    response = await shop.call("DELETE", f"/customers/{account.reference}", by=account)

    rows, receipt = await units.write(look)
    assert {plugin.group for plugin in plugins} == {ANONYMIZERS, EXPORTERS}
    card = {"holder": "Ada Example", "holderEmail": account.email, "points": 120}
    assert exported == {"loyalty": [card]}
    assert response.status_code == 204
    assert rows == [(None, None, 120)]
    assert receipt.rows_by_anonymizer["loyalty"] == 1
    assert next(iter(receipt.rows_by_anonymizer)) == "loyalty"
