import pytest
from click.testing import CliRunner

from customer_api.cli import main

PASSWORD = "Zx!9dkdk2kD#aa"


def test_the_first_operator_gets_a_link(run):
    result = run("operator", "create", "--email", "grace@shop.example")

    assert result.exit_code == 0
    assert "  grace@shop.example  administrator\n" in result.stdout
    assert "once, within a day: http://localhost:3001/password?token=" in result.stdout


def test_a_password_can_come_by_standard_input(directory):
    arguments = ["operator", "create", "--email", "joe@shop.example", "--role", "support"]

    result = CliRunner(catch_exceptions=False).invoke(
        main, [*arguments, "--agent", "--password-stdin"], input=f"{PASSWORD}\n"
    )
    listed = CliRunner(catch_exceptions=False).invoke(main, ["operator", "list"])

    assert result.exit_code == 0
    assert "token=" not in result.stdout
    assert PASSWORD not in result.output
    assert listed.stdout.endswith("  joe@shop.example  support  agent\n")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Zx!9", "The password is too short."),
        ("Password123!", "The password is listed as common."),
    ],
)
def test_a_bad_password_is_refused(directory, password, reason):
    result = CliRunner(catch_exceptions=False).invoke(
        main,
        ["operator", "create", "--email", "joe@shop.example", "--password-stdin"],
        input=password,
    )

    assert result.exit_code == 1
    assert reason in result.output
    assert password not in result.output


def test_an_address_must_be_one_and_free(run):
    bad = run("operator", "create", "--email", "grace")
    run("operator", "create", "--email", "grace@shop.example")
    taken = run("operator", "create", "--email", "Grace@shop.example")

    assert (bad.exit_code, taken.exit_code) == (2, 1)
    assert "is no e-mail address" in bad.output
    assert "another operator has this e-mail address" in taken.output


def test_an_operator_gets_another_link(run):
    created = run("operator", "create", "--email", "grace@shop.example")

    linked = run("operator", "password-link", "--email", "Grace@shop.example")
    unknown = run("operator", "password-link", "--email", "ada@shop.example")

    assert linked.stdout.startswith("http://localhost:3001/password?token=")
    assert linked.stdout.strip() not in created.stdout
    assert (unknown.exit_code, unknown.output) == (
        1,
        "customer-api: there is no operator with this e-mail address\n",
    )


def test_operators_are_removed_but_the_last_administrator(run):
    grace = ["operator", "create", "--email", "grace@shop.example", "--password-stdin"]
    CliRunner(catch_exceptions=False).invoke(main, grace, input=f"{PASSWORD}\n")
    run("operator", "create", "--email", "joe@shop.example")

    removed = run("operator", "disable", "--email", "JOE@shop.example")
    unknown = run("operator", "disable", "--email", "joe@shop.example")
    last = run("operator", "disable", "--email", "grace@shop.example")

    assert [it.exit_code for it in (removed, unknown, last)] == [0, 1, 1]
    assert "is no operator any more" in removed.output
    assert "there is no operator" in unknown.output
    assert "the last administrator who can log in cannot be removed" in last.output
    assert "joe@" not in run("operator", "list").stdout


def test_a_client_is_added_and_gets_another_secret(run):
    created = run("client", "create", "--name", "order system", "--scope", "orders:write")
    client_id = created.stdout.split()[1]
    rotated = run("client", "rotate", client_id)
    unknown = run("client", "rotate", "unknown")

    assert created.exit_code == rotated.exit_code == 0
    assert created.stdout.split()[3] != rotated.stdout.split()[3]
    assert "the secret before stays good for 24 hours" in rotated.stdout
    assert (unknown.exit_code, "no client with this id" in unknown.output) == (1, True)


def test_a_client_needs_a_scope_that_exists(run):
    assert run("client", "create", "--name", "x").exit_code == 2
    assert run("client", "create", "--name", "x", "--scope", "all").exit_code == 2
