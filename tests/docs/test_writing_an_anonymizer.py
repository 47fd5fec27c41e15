"""The tutorial's code is real: it is taken from the page, run, and installed as a plugin."""

import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import insert, select

from customer_api.anonymization import repository as receipts
from customer_api.anonymization.registry import BUILT_IN, load_registry
from customer_api.customers import repository as customers
from customer_api.plugin import ANONYMIZERS, EXPORTERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "writing-an-anonymizer.md").read_text("utf-8")
BLOCK = re.compile(r"```(?:python|toml)\n# (?P<path>\S+)\n(?P<content>.*?)```", re.DOTALL)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The plugin's project as the page shows it, importable as if it were installed."""
    for block in BLOCK.finditer(PAGE):
        path = tmp_path / "plugin" / block["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block["content"], "utf-8")
    monkeypatch.syspath_prepend(tmp_path / "plugin" / "src")
    yield tmp_path / "plugin"
    for name in [name for name in sys.modules if name.partition(".")[0] == "loyalty"]:
        del sys.modules[name]


@pytest.fixture
def anonymizer(project: Path) -> ModuleType:
    return importlib.import_module("loyalty.anonymizer")


@pytest.fixture
def plugins(project: Path) -> list[EntryPoint]:
    """The entry points that the page's pyproject.toml declares."""
    declared = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))
    return [
        EntryPoint(name, value, group)
        for group, points in declared["project"]["entry-points"].items()
        for name, value in points.items()
    ]


def test_the_test_of_the_page_passes(project, monkeypatch):
    monkeypatch.syspath_prepend(project / "tests")
    page_test = importlib.import_module("test_anonymizer")
    monkeypatch.delitem(sys.modules, "test_anonymizer")

    page_test.test_the_holder_is_forgotten_and_the_points_stay()


def test_the_plugin_runs_before_the_built_in_anonymizers_as_the_page_says(plugins):
    registry = load_registry(["loyalty"], plugins=plugins)

    names = ", ".join(anonymizer.name for anonymizer in registry)
    assert f"ok   anonymizers: {names}\n" in PAGE
    assert registry[1:] == BUILT_IN


async def test_deleting_an_account_forgets_the_holder_of_its_card(open_shop, anonymizer, plugins):
    shop = await open_shop(plugins=plugins)
    account = await shop.account()
    units, cards = shop.container.units, anonymizer.cards

    def hand_out_card(connection):
        anonymizer.metadata.create_all(connection)
        owner = customers.find_by_email(connection, account.email)
        card = {"holder": "Ada Example", "holder_email": account.email, "points": 120}
        connection.execute(insert(cards), {"customer_id": owner.id, **card})

    def look(connection):
        found = connection.execute(select(cards.c.holder, cards.c.holder_email, cards.c.points))
        rows, receipt = found.all(), receipts.find(connection, account.reference)
        anonymizer.metadata.drop_all(connection)  # the next test's database has no such table
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
