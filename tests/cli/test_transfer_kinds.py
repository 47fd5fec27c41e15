"""Every kind of file, from the command line into one database and out of it."""

import re

import pytest

from customer_api.core.engines import parse_url
from customer_api.core.schema import with_connection
from tests.transfers.files import customers_file
from tests.transfers.kinds import EXAMPLES, insert_newsletter, order


def insert_committed_newsletter(connection):
    insert_newsletter(connection)
    connection.commit()


def test_every_kind_comes_in_and_goes_out_again(run, directory, database_url):
    with_connection(parse_url(database_url), insert_committed_newsletter)
    for name, examples in EXAMPLES.items():
        (directory / f"{name}.csv").write_bytes(customers_file(*examples))
        came = run("import", name, f"{name}.csv", DATABASE_URL=database_url)
        went = run("export", name, f"{name}.ndjson", DATABASE_URL=database_url)
        again = run("import", name, f"{name}.ndjson", DATABASE_URL=database_url)

        number = len(examples)
        assert came.stdout == f"created {number}, updated 0, unchanged 0, refused 0\n", name
        assert went.stdout == f"exported {number} {name}\n"
        assert again.stdout == f"created 0, updated 0, unchanged {number}, refused 0\n", name


def test_faults_of_an_order_are_in_the_report(run, directory):
    (directory / "orders.csv").write_bytes(customers_file(order(1, "", currency="euro")))

    result = run("import", "orders", "--report", "refused.csv", "orders.csv")

    assert result.exit_code == 1
    assert (directory / "refused.csv").read_bytes().decode() == (
        "line,customer_reference,error\r\n2,,currency: This value is not a valid currency.\r\n"
    )


@pytest.mark.parametrize("command", ["import", "export"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_help_shows_an_example(run, command, name):
    result = run(command, name, "--help")

    assert re.search(rf"\n    customer-api {command} {name} (\S+ )?{name}\.", result.output)
