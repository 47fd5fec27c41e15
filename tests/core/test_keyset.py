"""Pages of lists in the order of several columns."""

import pytest
from sqlalchemy import Integer, String, bindparam, column, insert, select, table

from customer_api.core.keyset import CURSOR, CursorPage, CursorUnknown, KeysetList

ROWS = [(2, "1"), (2, "2"), (1, "3"), (3, "4"), (1, "5")]
THINGS = table("things", column("rank", Integer), column("name", String))


def things(*, newest_first):
    keys = (THINGS.c.rank, THINGS.c.name)
    place = select(*keys).where(THINGS.c.name == bindparam(CURSOR))
    return KeysetList(select(*keys), keys, place=place, newest_first=newest_first)


@pytest.fixture
def read(units):
    async def read_page(page, *, newest_first=False):
        def work(connection):
            connection.exec_driver_sql("CREATE TEMPORARY TABLE things (rank INTEGER, name TEXT)")
            for rank, name in ROWS:
                connection.execute(insert(THINGS), {"rank": rank, "name": name})
            part = things(newest_first=newest_first).read(connection, page, {})
            connection.exec_driver_sql("DROP TABLE things")
            names = "".join(row.name for row in part.entries)
            return names, part.has_previous, part.has_next

        return await units.write(work)

    return read_page


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (CursorPage(2), ("35", False, True)),
        (CursorPage(5), ("35124", False, False)),
        (CursorPage(2, after="5"), ("12", True, True)),
        (CursorPage(2, after="2"), ("4", True, False)),
        (CursorPage(2, before="2"), ("51", True, True)),
        (CursorPage(2, before="1"), ("35", False, True)),
        (CursorPage(2, after="4"), ("", True, False)),
    ],
)
async def test_a_page_is_a_part_of_the_list_in_its_order(read, page, expected):
    assert await read(page) == expected


async def test_the_newest_can_come_first(read):
    first = await read(CursorPage(3), newest_first=True)
    second = await read(CursorPage(3, after="1"), newest_first=True)
    back = await read(CursorPage(3, before="5"), newest_first=True)

    assert first == ("421", False, True)
    assert second == ("53", True, False)
    assert back == ("421", False, True)


async def test_a_thing_that_the_list_does_not_have_is_no_place(read):
    with pytest.raises(CursorUnknown):
        await read(CursorPage(2, after="6"))
