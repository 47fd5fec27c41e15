"""How customers are searched: that both ways find the same, and that both go by an index."""

import pytest
from sqlalchemy import text

from customer_api.customers.models import NewCustomer, Status
from customer_api.customers.repository import add, change, find_by_reference
from customer_api.customers.search import index, pages, rows, statements
from customer_api.customers.search.pages import PageRequest, Search, cursor_of, find_page
from customer_api.customers.search.shape import Order
from tests.plans import explain

NAMES = [
    ("Ada", "Lovelace"),
    ("Grace", "Hopper"),
    ("Jean", "Bartik"),
    ("Ada", "Hopper"),
    ("Eve", "Adam"),
    ("Jo", "Van Adam"),
    ("Hoppe", "Madar"),
    ("Xu", "Adamopoulos"),
    ("Sue", "O'Ne\"il\\"),
]
LIMITS = ("FEW", "WINDOW", "FARTHEST", "SAMPLE", "COMMON", "SIDE_BY_SIDE")


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
            email=f"{first}.{last}@shop.example".replace(" ", ""),
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
def limits(monkeypatch):
    """Set the numbers that decide how customers are looked for; those not named as they are."""
    as_they_are = {it: getattr(rows, it) for it in LIMITS}

    def set_to(**numbers):
        for name, number in (as_they_are | numbers).items():
            monkeypatch.setattr(rows, name, number)

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


def is_found(names, wanted):
    words = " ".join(names).lower().split()
    email = ".".join(names).replace(" ", "").lower() + "@shop.example"
    if len(wanted) < 3:
        return any(word.startswith(wanted) for word in (*words, email))
    return all(any(piece in word for word in (*words, email)) for piece in wanted.split())


@pytest.fixture
def looks(limits, monkeypatch):
    """Collect how many rows of the list are looked at, one number for each look."""
    numbers = []

    def spy(connection, shape, values, number):
        numbers.append(number)
        return seen(connection, shape, values, number)

    seen = rows._seen  # noqa: SLF001 - how far it looks is in no answer
    monkeypatch.setattr(rows, "_seen", spy)
    limits(FEW=1, WINDOW=5, FARTHEST=20)
    return numbers


SIDE_BY_SIDE = {"FEW": 0, "WINDOW": 1, "FARTHEST": 1, "SAMPLE": 1, "COMMON": 1}
WAYS = {
    "the list": {"FEW": 0},
    "a short look at the list": {"FEW": 0, "WINDOW": 2, "FARTHEST": 2},
    "the index": {"FEW": 100, "WINDOW": 1, "FARTHEST": 1, "SAMPLE": 100},
    "side by side, and the index": SIDE_BY_SIDE,
    "side by side by the word alone": SIDE_BY_SIDE | {"COMMON": 100},
    "side by side, and too far": SIDE_BY_SIDE | {"SIDE_BY_SIDE": 0},
}
"""Of SQLite's index is known whether it finds few; PostgreSQL has a look at the list in any case."""


@pytest.mark.parametrize("sorting", [(order, down) for order in Order for down in (True, False)])
async def test_what_is_found_does_not_hang_on_how_it_is_found(people, limits, sorting):
    order, down = sorting
    for wanted in ("ada", "hopper", "ada hopper", "adam", "a", "ad", "shop.example", "o'ne\"il\\"):
        search = Search(text=wanted)
        limits(**WAYS["the list"])
        page = await page_of(people, search, PageRequest(10, order=order, is_descending=down))
        whole = [it.reference for it in page.entries]
        assert set(whole) == {
            f"DE--{number}" for number, names in enumerate(NAMES) if is_found(names, wanted)
        }, wanted
        for way, numbers in WAYS.items():
            limits(**numbers)
            assert await one_by_one(people, search, order, down=down) == whole, (wanted, way)


async def test_who_is_found_by_a_whole_address_is_shown_once(people, limits):
    search = Search(text="ada.lovelace@shop.example")
    limits(**SIDE_BY_SIDE)

    page = await page_of(people, search, PageRequest(10, order=Order.EMAIL))

    assert [it.reference for it in page.entries] == ["DE--0"]


async def test_a_name_that_moves_is_found_where_it_is(people, limits):
    names = {"first_name": "Jo Van", "last_name": "Adam"}

    def move(connection):
        jo = find_by_reference(connection, "DE--5")
        change(connection, jo.id, names, now=people.clock.now())

    await people.container.units.write(move)
    limits(**SIDE_BY_SIDE)

    found = await one_by_one(people, Search(text="van"), Order.LAST_NAME, down=False)
    assert found == ["DE--5"]


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
        parameters = pages._parameters(search, shape.dialect)  # noqa: SLF001 - the statement's own
        parameters |= {"most": 3}
        connection.execute(statements.indexed(shape), parameters)

    plan = await people.container.units.write(lambda it: explain(it, work))

    assert "ix_customers_terms" in plan or "customer_search VIRTUAL TABLE INDEX" in plan
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
async def test_what_a_window_shows_whole_is_not_looked_up_again(
    people, limits, monkeypatch, before
):
    """Else the way back to the first page, and each last page, would sort everything there is."""
    search = Search(text="shop.example")
    first = await page_of(people, search, PageRequest(2 if before else len(NAMES) - 2))
    beside = cursor_of(first.entries[-1])
    limits(FEW=0)
    monkeypatch.setattr(statements, "indexed", None)

    request = PageRequest(2, before=beside) if before else PageRequest(2, after=beside)
    page = await page_of(people, search, request)

    assert len(page.entries) == (1 if before else 2)
    assert (page.has_previous, page.has_next) == ((False, True) if before else (True, False))


async def test_a_page_that_is_half_full_is_looked_for_in_a_wider_window(
    people, limits, monkeypatch
):
    limits(FEW=0, WINDOW=3)
    monkeypatch.setattr(statements, "indexed", None)

    page = await page_of(people, Search(text="hopper"), PageRequest(1, is_descending=False))

    assert [it.reference for it in page.entries] == ["DE--1"]
    assert page.has_next


@pytest.mark.parametrize(
    ("wanted", "page", "window"),
    [
        ("shop.example", PageRequest(2), 4),  # all have it: one and a half times what is asked for
        ("hopper", PageRequest(2), 6),  # two of three
        ("hopper", PageRequest(2, order=Order.LAST_NAME), 5),
        ("hopper", PageRequest(10), 5),
    ],
)
async def test_sqlite_tells_how_far_to_look(people, looks, wanted, page, window):
    is_sqlite = await people.container.units.read(lambda it: it.dialect.name == "sqlite")

    await page_of(people, Search(text=wanted), page)

    assert looks[0] == (window if is_sqlite else 5)


@pytest.mark.parametrize(
    ("beginnings", "others"),
    [
        ([], {"DE--4", "DE--5", "DE--7"}),
        (["adam"], {"DE--5"}),
        (["adamop"], {"DE--4", "DE--5"}),
        (["a"], {"DE--5"}),
        (["van ad"], {"DE--4", "DE--7"}),
        (["adam", "van adam"], set()),
    ],
)
async def test_the_index_leaves_out_what_the_list_has_side_by_side(people, beginnings, others):
    def look_up(connection):
        dialect = connection.dialect.name
        shape = statements.Shape(dialect=dialect, order=Order.LAST_NAME, words=1)
        parameters = pages._parameters(Search(text="adam"), dialect)  # noqa: SLF001 - the statement's own
        query = index.without(dialect, parameters["query"], Order.LAST_NAME, beginnings)
        return connection.execute(
            statements.indexed(shape), parameters | {"query": query, "most": 10}
        ).all()

    found = await people.container.units.read(look_up)

    assert {it.reference for it in found} == others


@pytest.mark.parametrize(
    ("order", "sample", "beginnings"),
    [
        (Order.LAST_NAME, 6, {"ada", "van adam", "madar"}),
        (Order.FIRST_NAME, 6, {"ada"}),
        (Order.LAST_NAME, 7, set()),
    ],
)
async def test_names_that_many_have_are_looked_up_by_themselves(
    people, monkeypatch, order, sample, beginnings
):
    """Many are as many as the sample; names in which the word is not are of no help."""
    asked = []

    def spy(dialect, containing, order, beginnings):
        asked.append(set(beginnings))
        return index.without(dialect, containing, order, beginnings)

    monkeypatch.setattr(rows, "without", spy)
    for name, number in (SIDE_BY_SIDE | {"SAMPLE": sample}).items():
        monkeypatch.setattr(rows, name, number)

    await page_of(people, Search(text="ada"), PageRequest(9, order=order))

    assert asked == [beginnings]


async def test_what_sqlite_finds_few_of_is_not_looked_for_in_the_list(people, monkeypatch):
    is_sqlite = await people.container.units.read(lambda it: it.dialect.name == "sqlite")
    looks = []

    def spy(shape):
        looks.append(shape)
        return seen(shape)

    seen = statements.seen
    monkeypatch.setattr(statements, "seen", spy)

    page = await page_of(people, Search(text="hopper"), PageRequest(10))

    assert len(page.entries) == 2
    assert bool(looks) is not is_sqlite
