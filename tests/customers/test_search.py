"""How customers are searched: that both ways find the same, and that both go by an index."""

import pytest
from sqlalchemy import text

from customer_api.customers import search as searches
from customer_api.customers import search_statements as statements
from customer_api.customers.models import NewCustomer, Status
from customer_api.customers.repository import add
from customer_api.customers.search import PageRequest, Search, cursor_of, find_page
from customer_api.customers.search_statements import Order
from tests.plans import explain

WINDOW = searches.WINDOW
NAMES = [("Ada", "Lovelace"), ("Grace", "Hopper"), ("Jean", "Bartik"), ("Ada", "Hopper")]


def forget_others(connection):
    """Let PostgreSQL forget what it found out about the rows of other tests: it plans by that."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("TRUNCATE customers CASCADE"))
        connection.execute(text("DELETE FROM pg_statistic WHERE starelid = 'customers'::regclass"))


@pytest.fixture
async def people(shop):
    """Add customers in the order of `NAMES`, a minute between each."""
    await shop.container.units.write(forget_others)
    for number, (first, last) in enumerate(NAMES):
        new = NewCustomer(
            reference=f"DE--{number}",
            email=f"{first}.{last}@shop.example",
            salutation=None,
            first_name=first,
            last_name=last,
            gender=None,
            date_of_birth=None,
            company=None,
            phone=None,
            locale="de_DE",
            registered_at=None,
        )
        now = shop.clock.now()
        await shop.container.units.write(lambda it, new=new, now=now: add(it, new, now=now))
        shop.clock.advance(minutes=1)
    return shop


@pytest.fixture
def window(monkeypatch):
    """Set how many rows are looked at before the index is asked."""

    def set_to(rows):
        monkeypatch.setattr(searches, "WINDOW", rows)

    return set_to


async def page_of(shop, search, page):
    return await shop.container.units.read(lambda it: find_page(it, search, page))


async def one_by_one(shop, search, order, *, down):
    """Return the references on pages of one customer each."""
    found, after = [], None
    for _ in NAMES:
        page = await page_of(
            shop, search, PageRequest(1, after=after, order=order, is_descending=down)
        )
        found += [it.reference for it in page.entries]
        if not page.has_next:
            break
        after = cursor_of(page.entries[-1])
    return found


@pytest.mark.parametrize("sorting", [(order, down) for order in Order for down in (True, False)])
async def test_what_is_found_does_not_hang_on_how_it_is_found(people, window, sorting):
    order, down = sorting
    for wanted in ("ada", "hopper", "ada hopper", "a", "shop.example"):
        search = Search(text=wanted)
        window(WINDOW)
        page = await page_of(people, search, PageRequest(10, order=order, is_descending=down))
        whole = [it.reference for it in page.entries]
        assert set(whole) == {
            f"DE--{number}"
            for number, names in enumerate(NAMES)
            if all(word in f"{'.'.join(names)}@shop.example".lower() for word in wanted.split())
            and (wanted != "a" or names[0] == "Ada")
        }, wanted
        for rows in (1, 2, WINDOW):
            window(rows)
            assert await one_by_one(people, search, order, down=down) == whole, (wanted, rows)


INDEXES = {
    Order.CREATED_AT: "ix_customers_created_at",
    Order.EMAIL: "ix_customers_email_key",
    Order.LAST_NAME: "ix_customers_last_name_key",
    Order.FIRST_NAME: "ix_customers_first_name_key",
    Order.REFERENCE: "uq_customers_reference",
    Order.REGISTERED_AT: "ix_customers_registered_at",
}


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("cursor", [None, "DE--1"])
async def test_every_order_is_read_from_its_index(people, order, cursor):
    shape = statements.Shape(
        dialect="any",
        order=order,
        has_cursor=cursor is not None,
        conditions=frozenset({"present"}),
    )

    def work(connection):
        connection.execute(statements.listed(shape), {"cursor": cursor, "most": 3})

    plan = await people.container.units.write(lambda it: explain(it, work))

    assert INDEXES[order] in plan
    assert "SCAN customers\n" not in plan
    assert "Seq Scan on customers " not in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan


async def test_words_are_looked_up_in_the_index_of_trigrams(people):
    search = Search(text="lovelace")

    def work(connection):
        shape = statements.Shape(dialect=connection.dialect.name, words=1)
        parameters = searches._parameters(search) | {"most": 3}  # noqa: SLF001 - the statement's own
        connection.execute(statements.indexed(shape), parameters)

    plan = await people.container.units.write(lambda it: explain(it, work))

    assert "ix_customers_trigrams" in plan or "customer_search VIRTUAL TABLE INDEX" in plan
    assert "SCAN customers\n" not in plan
    assert "Seq Scan on customers" not in plan


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        (Status.LOCKED, "ix_customers_locked"),
        (Status.ANONYMIZED, "ix_customers_anonymized"),
        (Status.UNCONFIRMED, "ix_customers_registered_at"),
        ("locale", "ix_customers_locale"),
        ("email", "uq_customers_email_key"),
    ],
)
async def test_rare_conditions_have_an_index(people, condition, index):
    shape = statements.Shape(dialect="any", conditions=frozenset({condition}))
    parameters = {"first_name": "x", "email": "x", "locale": "x", "most": 3}

    def work(connection):
        connection.execute(statements.indexed(shape), parameters)

    plan = await people.container.units.write(lambda it: explain(it, work))

    assert index in plan


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (None, ()),
        (" ", ()),
        ("Ada", ("ada",)),
        ("ad", ("  ad",)),
        ("Ada B", ("ada", "b")),
        ("a b", ("  a", "  b")),
        ("\u00b4", ("  \u00b4",)),
        ("ada ADA", ("ada",)),
    ],
)
def test_what_is_looked_for_has_three_characters_or_begins_a_word(wanted, words):
    assert Search(text=wanted).words() == words


@pytest.mark.parametrize("before", [False, True])
async def test_what_a_window_shows_whole_is_not_looked_up_again(people, monkeypatch, before):
    """Else the way back to the first page, and each last page, would sort everything there is."""
    search = Search(text="shop.example")
    first = await page_of(people, search, PageRequest(2))
    beside = cursor_of(first.entries[-1])
    monkeypatch.setattr(statements, "indexed", None)

    request = PageRequest(2, before=beside) if before else PageRequest(2, after=beside)
    page = await page_of(people, search, request)

    assert len(page.entries) == (1 if before else 2)
    assert (page.has_previous, page.has_next) == ((False, True) if before else (True, False))


async def test_a_page_that_is_half_full_is_looked_for_in_a_wider_window(
    people, window, monkeypatch
):
    window(2)
    monkeypatch.setattr(statements, "indexed", None)

    page = await page_of(people, Search(text="ada"), PageRequest(1))

    assert [it.last_name for it in page.entries] == ["Hopper"]
    assert page.has_next
