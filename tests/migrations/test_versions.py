import ast
import asyncio
import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from customer_api.bootstrap import metadata
from customer_api.core import schema
from customer_api.core.engines import parse_url

VERSIONS = sorted((Path(__file__).parents[2] / "migrations" / "versions").glob("*.py"))

BY_HAND = {"ix_customers_terms", "ix_customers_registered_at", "uq_mails_uuid"}
"""Indexes of expressions: the tools can neither declare nor compare them on both databases."""
SEARCH = "customer_search"
"""SQLite's full-text index, and the prefix of the tables it keeps itself in."""


async def look(url, work):
    """Run work on a connection where no event loop runs, since it may start one."""
    return await asyncio.to_thread(schema.with_connection, parse_url(url), work)


def names(inspector, table):
    """Return the kinds and names of all constraints and indexes of a table."""
    found = [("pk", inspector.get_pk_constraint(table)["name"])]
    found += [("fk", key["name"]) for key in inspector.get_foreign_keys(table)]
    found += [
        ("uq" if index["unique"] else "ix", index["name"]) for index in inspector.get_indexes(table)
    ]
    found += [("uq", it["name"]) for it in inspector.get_unique_constraints(table)]
    return found


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
async def test_the_migrated_schema_is_that_of_the_models(database_url):
    def is_declared(name, kind, _parents):
        return not (kind == "table" and name.startswith(SEARCH)) and name not in BY_HAND

    def differences(connection):
        opts = {"compare_type": True, "include_name": is_declared}
        context = MigrationContext.configure(connection, opts=opts)
        return compare_metadata(context, metadata)

    assert await look(database_url, differences) == []


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
async def test_every_constraint_and_index_has_a_name_of_the_convention(database_url):
    def find(connection):
        inspector = inspect(connection)
        return {table: names(inspector, table) for table in metadata.tables}

    found = await look(database_url, find)

    assert set(found) == set(metadata.tables)
    for table, constraints in found.items():
        assert constraints
        for kind, name in constraints:
            assert name is not None, (table, kind)
            assert name.startswith(f"{kind}_{table}"), (table, name)


@pytest.mark.promise("S99")
async def test_upgrade_downgrade_and_upgrade_end_where_they_began(blank_database_url):
    def tables(connection):
        inspector = inspect(connection)
        return {
            name: [(it["name"], str(it["type"]), it["nullable"]) for it in columns]
            for (_, name), columns in inspector.get_multi_columns().items()
        }

    await asyncio.to_thread(schema.upgrade, blank_database_url)
    first = await look(blank_database_url, tables)
    await asyncio.to_thread(schema.downgrade, blank_database_url, "base")
    emptied = await look(blank_database_url, tables)
    await asyncio.to_thread(schema.upgrade, blank_database_url)

    assert set(emptied) == {"alembic_version"}
    assert await look(blank_database_url, tables) == first


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_migration_stands_alone_and_can_be_taken_back(path):
    tree = ast.parse(path.read_text())
    imported = {
        name.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}

    assert not {name for name in imported if name.startswith("customer_api")}
    assert re.fullmatch(r"\d{4}_\d\d_\d\d_\d{4}_[a-z0-9_]+", path.stem)
    assert {"upgrade", "downgrade"} <= set(functions)
    assert len(functions["downgrade"].body) > 1
