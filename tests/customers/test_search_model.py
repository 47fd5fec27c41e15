"""Searches among made-up customers find what a plain loop over them finds, by whatever way."""

import random
from datetime import timedelta
from functools import partial

import pytest

from customer_api.customers.emails import email_key
from customer_api.customers.models import NewCustomer
from customer_api.customers.names import name_key
from customer_api.customers.repository import add, change, find_by_reference
from customer_api.customers.search import rows
from customer_api.customers.search.pages import PageRequest, Search, cursor_of, find_page
from customer_api.customers.search.shape import Order

CUSTOMERS, SEARCHES = 60, 40
SYLLABLES = [
    "an",
    "na",
    "ann",
    "b",
    "a n",
    "o'",
    '"',
    "\\",
    "%",
    "_",
    "é",
    "ß",
    "\U0001f600",
    "xyzuvw",
]
LOCALES = ["de_DE", "en_US"]
LIMITS = {
    "FEW": [0, 5, 2000],
    "WINDOW": [1, 5, 1000],
    "FARTHEST": [1, 50, 6000],
    "SAMPLE": [1, 8, 500],
    "COMMON": [1, 3],
    "SIDE_BY_SIDE": [0, 1, 2],
}


def word(chance):
    return "".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))).strip() or "n"


def person(chance, number):
    first = chance.choice([None, word(chance), word(chance)])
    last = word(chance)
    mailbox = f"{first or ''}{last}".replace(" ", "") or "x"
    return NewCustomer(
        reference=f"DE--{number}",
        email=f"{mailbox}{number}@an.example",
        salutation=None,
        first_name=first,
        last_name=last,
        gender=None,
        date_of_birth=None,
        company=None,
        phone=None,
        locale=chance.choice(LOCALES),
        registered_at=None,
    )


def wanted(chance, people):
    """Return a search: for a piece of a name, for several, for a whole address or reference."""
    somebody = chance.choice(people)
    return Search(
        text=chance.choice(
            [
                word(chance),
                f"{word(chance)} {word(chance)}",
                somebody.last_name,
                somebody.last_name[:2],
                f"{somebody.first_name or ''} {somebody.last_name}",
                somebody.email,
                somebody.reference,
                "an.example",
            ]
        ),
        locale=chance.choice([None, None, *LOCALES]),
    )


def is_found(person, search):
    names = f"{name_key(person.first_name)} {name_key(person.last_name)}"
    words = f"  {email_key(person.email)}  {names.replace(' ', '  ')}"
    if search.locale not in {None, person.locale}:
        return False
    text = search.text.strip()
    is_whole = person.reference == text or email_key(person.email) == email_key(text)
    return is_whole or all(it in words for it in search.words())


def place(person, order, number):
    keys = {
        Order.CREATED_AT: "",
        Order.REGISTERED_AT: "",
        Order.EMAIL: email_key(person.email),
        Order.FIRST_NAME: name_key(person.first_name),
        Order.LAST_NAME: name_key(person.last_name),
        Order.REFERENCE: person.reference,
    }
    return keys[order], number


async def read_all(shop, search, page):
    found = []
    while True:
        part = await shop.container.units.read(partial(find_page, search=search, page=page))
        found += [it.reference for it in part.entries]
        if not part.has_next:
            return found
        page = PageRequest(
            page.size,
            after=cursor_of(part.entries[-1]),
            order=page.order,
            is_descending=page.is_descending,
        )


@pytest.mark.parametrize("seed", range(4))
async def test_a_search_finds_what_a_loop_finds(shop, monkeypatch, seed):
    chance = random.Random(seed)  # noqa: S311 - names for a test
    people = [person(chance, number) for number in range(CUSTOMERS)]
    now = shop.clock.now()
    for number, new in enumerate(people):
        at = now + timedelta(seconds=number)
        await shop.container.units.write(partial(add, new=new, now=at))
    for number in chance.sample(range(CUSTOMERS), CUSTOMERS // 4):
        people[number] = await rename(shop, people[number], word(chance))

    for _ in range(SEARCHES):
        search, order = wanted(chance, people), chance.choice(list(Order))
        page = PageRequest(chance.choice([2, 7]), order=order, is_descending=chance.random() < 0.5)
        limits = {name: chance.choice(numbers) for name, numbers in LIMITS.items()}
        for name, number in limits.items():
            monkeypatch.setattr(rows, name, number)

        found = await read_all(shop, search, page)

        numbered = [(number, it) for number, it in enumerate(people) if is_found(it, search)]
        numbered.sort(key=lambda it: place(it[1], order, it[0]), reverse=page.is_descending)
        assert found == [it.reference for _, it in numbered], (search, page, limits)


async def rename(shop, person, name):
    """Give a customer another last name, and return them as they are then."""
    names = {"first_name": person.last_name, "last_name": name}

    def work(connection):
        customer = find_by_reference(connection, person.reference)
        change(connection, customer.id, names, now=shop.clock.now())

    await shop.container.units.write(work)
    values = {it: getattr(person, it) for it in person.__dataclass_fields__}
    return NewCustomer(**values | names)
