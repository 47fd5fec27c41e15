"""Rules of the code base that no checker knows."""

import ast
import inspect
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from customer_api.api.documents import storefront_openapi
from customer_api.api.routers import STOREFRONT_ROUTERS
from customer_api.api.v1.errors import STOREFRONT_ERRORS
from customer_api.bootstrap import metadata
from customer_api.core.privacy import KEPT, PERSONAL
from customer_api.core.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "customer_api").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

# Refusals that no route documents, because every request can meet them before its route.
BEFORE_ANY_ROUTE = {"TokenRefused"}  # shares its row with TokenInvalid
# Files of one table or one declaration, which would be harder to read in parts.
LONG_FILES = {"bootstrap.py", "core/settings.py"}  # one entry for each object, one for each setting
FILE_LIMIT, TEST_LIMIT, FUNCTION_LIMIT = 300, 500, 50


def named(path):
    """Return a path as reports show it."""
    return path.relative_to(ROOT).as_posix()


def trees():
    """Return each source with its syntax tree."""
    return [(named(path), ast.parse(path.read_text())) for path in SOURCES]


def lines_of_code(function):
    """Return the length of a function without its docstring, which may have to say much."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    text = function.body[0]
    return lines - (text.end_lineno - text.lineno + 1)


def documented_answers():
    """Return the status, code and detail of all errors in the OpenAPI document."""
    operations = [
        operation
        for methods in storefront_openapi()["paths"].values()
        for operation in methods.values()
    ]
    errors = [
        error
        for operation in operations
        for answer in operation["responses"].values()
        for media in answer.get("content", {}).values()
        for example in media.get("examples", {}).values()
        for error in example["value"]["errors"]
    ]
    return {(error["status"], error.get("code"), error["detail"]) for error in errors}


def test_only_units_of_work_commit_or_roll_back():
    found = {
        (name, node.func.attr)
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in {"commit", "rollback", "begin", "begin_nested"}
    }

    assert found == {
        ("src/customer_api/core/db.py", "commit"),
        ("src/customer_api/core/db.py", "rollback"),
        ("src/customer_api/core/savepoints.py", "begin_nested"),
        ("src/customer_api/core/savepoints.py", "rollback"),
    }


def test_only_the_settings_read_the_environment():
    found = {
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name)
        if getattr(node, "attr", getattr(node, "id", "")) in {"environ", "getenv"}
    }

    assert "src/customer_api/core/settings.py" in found
    assert {name for name in found if "/cli/" not in name} == {"src/customer_api/core/settings.py"}


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_column_has_a_privacy_class(table):
    classes_of = {column.name: column.info.get("privacy") for column in table.columns}

    assert set(classes_of.values()) <= {PERSONAL, KEPT}, classes_of
    kept = [column for column in table.columns if column.info["privacy"] == KEPT]
    assert all(column.info["reason"].strip() for column in kept)


def test_files_are_short_enough_to_be_read():
    long = {
        named(path): length
        for paths, limit in ((SOURCES, FILE_LIMIT), (TESTS, TEST_LIMIT))
        for path in paths
        if (length := len(path.read_text().splitlines())) > limit
    }

    assert {name.removeprefix("src/customer_api/") for name in long} <= LONG_FILES, long


def test_functions_are_short_enough_to_be_read():
    long = {
        f"{name}:{node.name}": lines
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := lines_of_code(node)) > FUNCTION_LIMIT
    }

    assert long == {}


def test_the_abandoned_twin_of_the_hashing_library_is_absent():
    # Both install the package `passlib` and overwrite each other's files.
    with pytest.raises(PackageNotFoundError):
        distribution("passlib")

    assert distribution("libpass")


def test_every_documented_error_is_one_of_the_table():
    table = {(row.status, row.code, row.detail) for row in STOREFRONT_ERRORS.values()}
    validation = {it for it in documented_answers() if it[1] == "901"}

    assert len(validation) == 1
    assert documented_answers() - table == validation


def test_every_row_of_the_table_is_reached_by_some_route():
    unreached = {
        kind.__name__
        for kind, row in STOREFRONT_ERRORS.items()
        if (row.status, row.code, row.detail) not in documented_answers()
    }

    assert unreached <= BEFORE_ANY_ROUTE


def test_every_route_belongs_to_a_resource_and_says_what_it_answers():
    routes = [route for router in STOREFRONT_ROUTERS for route in router.routes]

    assert all(isinstance(route, APIRoute) for route in routes)
    assert all(route.tags and route.description and route.responses for route in routes)


def test_route_functions_are_no_thread_hops():
    routes = [route for router in STOREFRONT_ROUTERS for route in router.routes]
    calls = [route.dependant.call for route in routes] + [
        dependency.call for route in routes for dependency in route.dependant.dependencies
    ]

    assert calls
    assert [call for call in calls if not _is_coroutine(call)] == []


def _is_coroutine(call):
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)


def test_every_setting_that_the_documentation_names_exists():
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    pages = [ROOT / "README.md", ROOT / "compose.yaml", *sorted((ROOT / "docs").rglob("*.md"))]

    named_settings = {
        name
        for page in pages
        for name in re.findall(rf"{PREFIX}[A-Z][A-Z_]*[A-Z]", page.read_text())
    }

    assert named_settings
    assert named_settings <= known


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_no_module_keeps_state(path):
    """Only names of constants, types and loggers may stand at the top of a module."""
    assigned = [
        target.id
        for node in ast.parse(path.read_text()).body
        for target in _targets(node)
        if isinstance(target, ast.Name)
    ]

    odd = [name for name in assigned if name.islower() and not name.startswith("_")]
    assert set(odd) <= {"logger", "router", "keys_router", "metadata"}


def _targets(node):
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AnnAssign) else []
