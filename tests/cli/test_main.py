import runpy
import sys

import pytest

from customer_api import __version__
from customer_api.cli import COMMANDS


def test_help_names_every_command_and_the_exit_codes(run):
    result = run("--help")

    assert result.exit_code == 0
    assert all(f"\n  {name} " in result.output for name in COMMANDS)
    assert "Exit codes" in result.output


def test_every_command_has_help_with_an_example(run):
    outputs = [run(name, "--help").output for name in COMMANDS]

    assert all(
        "customer-api" in output.partition("Usage:")[2].partition("\n")[2] or "Commands" in output
        for output in outputs
    )


def test_examples_stand_on_lines_of_their_own(run):
    output = run("serve", "--help").output

    assert "\n    customer-api serve\n" in output


def test_unknown_command_is_a_usage_error(run):
    result = run("sing")

    assert result.exit_code == 2
    assert "No such command" in result.output


def test_unknown_setting_stops_every_command_with_its_name(run):
    result = run("doctor", NO_SUCH_SETTING="secret")

    assert result.exit_code == 2
    assert result.output == "customer-api: unknown settings: CUSTOMER_API_NO_SUCH_SETTING\n"


def test_bad_database_url_is_explained_without_repeating_it(run):
    result = run("migrate", DATABASE_URL="mysql://root:hunter2@host/db")

    assert result.exit_code == 2
    assert "must start with sqlite:/// or postgresql://" in result.output
    assert "hunter2" not in result.output


def test_module_is_the_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["customer-api", "--version"])

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("customer_api", run_name="__main__")

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"customer-api, version {__version__}\n"
