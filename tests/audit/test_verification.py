"""Whatever is done to events and seals behind the back of the program is found, and where."""

import pytest

from customer_api.audit import sealing, verification
from customer_api.audit.models import AuditEventRow, SealedEventRow, SealRow
from customer_api.audit.seal_repository import to_seal
from customer_api.audit.seals import digest_of, hash_of

# ruff: noqa: S608 - the parts of these statements are constants and digests
CHANGED = "was changed"
REMOVED = "was removed"
UNKNOWN = "is neither sealed nor waiting: added by other means"
OTHER = "was changed, or what is under it ({} of {} events)"
UNCHAINED = "does not continue the seal before it"

CHANGE_B = "UPDATE audit_events SET fields = 'email' WHERE subject = 'b'"
OF_B = "uuid = (SELECT uuid FROM audit_events WHERE subject = 'b')"
ADD_X = (
    "INSERT INTO audit_events "
    "(uuid, at, actor_kind, actor, action, subject, fields, request_id) "
    "SELECT 'x', at, actor_kind, actor, action, 'x', fields, request_id "
    "FROM audit_events WHERE subject = 'b'"
)
FORGET_X = "DELETE FROM audit_unsealed_events WHERE uuid = 'x'"
PUT_X_UNDER = (
    "INSERT INTO audit_sealed_events (seal_number, event_id, uuid, digest) "
    "SELECT {}, id, uuid, '{}' FROM audit_events WHERE uuid = 'x'"
)
DROP_SEAL = "DELETE FROM audit_seals WHERE number = {}"
DROP_EVENTS = "DELETE FROM audit_sealed_events WHERE seal_number = {}"

DEEDS = {
    "an event is changed": ([CHANGE_B], [(CHANGED, 1, "b")]),
    "an event is dated back": (
        ["UPDATE audit_events SET at = '2020-01-01 00:00:00.000000' WHERE subject = 'b'"],
        [(CHANGED, 1, "b")],
    ),
    "an event gets another uuid": (
        ["UPDATE audit_events SET uuid = 'x' WHERE subject = 'b'"],
        [(REMOVED, 1, "b"), (UNKNOWN, None, "x")],
    ),
    "an event and its digest are changed": (
        [f"UPDATE audit_sealed_events SET digest = 'x' WHERE {OF_B}", CHANGE_B],
        [(CHANGED, 1, "b"), (OTHER.format(3, 3), 1, None)],
    ),
    "an event is removed": (
        ["DELETE FROM audit_events WHERE subject = 'b'"],
        [(REMOVED, 1, "b")],
    ),
    "an event is removed with its trace": (
        [
            f"DELETE FROM audit_sealed_events WHERE {OF_B}",
            "DELETE FROM audit_events WHERE subject = 'b'",
        ],
        [(OTHER.format(2, 3), 1, None)],
    ),
    "an event is taken out of its seal": (
        [f"DELETE FROM audit_sealed_events WHERE {OF_B}"],
        [(OTHER.format(2, 3), 1, None), (UNKNOWN, None, "b")],
    ),
    "an event is added and waits for no seal": ([ADD_X, FORGET_X], [(UNKNOWN, None, "x")]),
    "an event is added under an old seal": (
        [ADD_X, FORGET_X, PUT_X_UNDER.format(1, "x")],
        [(CHANGED, 1, "x"), (OTHER.format(4, 3), 1, None)],
    ),
    "an event is added under a seal that never was": (
        [ADD_X, FORGET_X, PUT_X_UNDER.format(-7, "x")],
        [("is missing, but events are under it", -7, None), (CHANGED, -7, "x")],
    ),
    "two events change places": (
        [
            "UPDATE audit_events SET id = 99 WHERE subject = 'b'",
            "UPDATE audit_events SET id = 2 WHERE subject = 'c'",
            "UPDATE audit_events SET id = 3 WHERE subject = 'b'",
        ],
        [(CHANGED, 1, "b"), (CHANGED, 1, "c")],
    ),
    "an event gets another place under its seal": (
        [
            f"UPDATE audit_sealed_events SET event_id = 99 WHERE {OF_B}",
        ],
        [(CHANGED, 1, "b"), (OTHER.format(3, 3), 1, None)],
    ),
    "an event gets another id under its seal, and keeps its place": (
        ["UPDATE audit_sealed_events SET event_id = 99 WHERE event_id = 3"],
        [(CHANGED, 1, "c")],
    ),
    "an event is put under another seal": (
        [f"UPDATE audit_sealed_events SET seal_number = 2 WHERE {OF_B}"],
        [(OTHER.format(2, 3), 1, None), (OTHER.format(2, 1), 2, None)],
    ),
    "a waiting event is removed": (
        [ADD_X, "DELETE FROM audit_events WHERE subject = 'x'"],
        [("was removed before it was sealed", None, "x")],
    ),
    "a seal is changed": (
        ["UPDATE audit_seals SET sealed_at = '2020-01-01 00:00:00.000000' WHERE number = 2"],
        [(OTHER.format(1, 1), 2, None)],
    ),
    "a seal follows another one": (
        ["UPDATE audit_seals SET previous_hash = 'x' WHERE number = 2"],
        [(UNCHAINED, 2, None), (OTHER.format(1, 1), 2, None)],
    ),
    "a seal gets another hash": (
        ["UPDATE audit_seals SET hash = 'x' WHERE number = 2"],
        [(OTHER.format(1, 1), 2, None), (UNCHAINED, 3, None)],
    ),
    "a seal is removed": (
        [DROP_SEAL.format(2)],
        [("is missing; the next one there is 3", 2, None)],
    ),
    "the first seals are removed": (
        [DROP_SEAL.format(1), DROP_SEAL.format(2)],
        [("is missing; the next one there is 3", 1, None)],
    ),
    "the newest seal is removed": (
        [DROP_SEAL.format(3)],
        [("is missing, but events are under it", 3, None)],
    ),
    "the newest seal is removed with its trace": (
        [DROP_SEAL.format(3), DROP_EVENTS.format(3)],
        [(UNKNOWN, None, "e"), (UNKNOWN, None, "f")],
    ),
    "a seal loses all its events": (
        [DROP_EVENTS.format(2), "DELETE FROM audit_events WHERE subject = 'd'"],
        [(OTHER.format(0, 1), 2, None)],
    ),
    "the newest seal loses all its events": (
        [DROP_EVENTS.format(3), "DELETE FROM audit_events WHERE subject IN ('e', 'f')"],
        [(OTHER.format(0, 2), 3, None)],
    ),
    "everything is removed but the seals": (
        ["DELETE FROM audit_events", "DELETE FROM audit_sealed_events"],
        [(OTHER.format(0, count), number, None) for number, count in ((1, 3), (2, 1), (3, 2))],
    ),
}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Read a few rows at a time, so that parts end in the middle of seals."""
    monkeypatch.setattr(verification, "PART", 2)


@pytest.fixture
async def sealed(trail):
    """A trail with three seals: over a, b and c; over d; over e and f."""
    await trail.add_sealed("a", "b", "c")
    await trail.add_sealed("d")
    await trail.add_sealed("e", "f")
    return trail


async def with_subjects(trail, findings, uuids):
    """Return findings with subjects in place of uuids."""
    subjects = {uuid: subject for subject, uuid in uuids.items()}
    return [(what, seal, event and subjects.get(event, event)) for what, seal, event in findings]


async def uuids_of(trail):
    return {it.subject: it.uuid for it in await trail.rows(AuditEventRow)}


async def test_what_nobody_touched_is_right(sealed):
    await sealed.add("g")

    findings, tally = await sealed.verify()

    assert findings == []
    assert (tally.seals, tally.sealed, tally.waiting) == (3, 6, 1)
    assert tally.newest.hash == (await sealed.rows(SealRow))[-1].hash
    assert tally.has_expected


async def test_an_empty_trail_is_right(trail):
    findings, tally = await trail.verify()

    assert (findings, tally.seals, tally.sealed, tally.waiting) == ([], 0, 0, 0)
    assert tally.newest is None


@pytest.mark.parametrize("deed", DEEDS)
async def test_what_somebody_did_is_found(sealed, deed):
    statements, expected = DEEDS[deed]
    uuids = await uuids_of(sealed)
    await sealed.do(*statements)

    findings, _ = await sealed.verify()

    assert await with_subjects(sealed, findings, uuids) == expected


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("value", ["'garbage'", "5", "x'ff'"])
@pytest.mark.parametrize("column", ["at", "fields"])
async def test_what_sqlite_takes_though_it_has_another_type_is_found(sealed, column, value):
    uuids = await uuids_of(sealed)
    await sealed.do(
        f"UPDATE audit_events SET {column} = {value} WHERE subject = 'b'",
        "UPDATE audit_seals SET sealed_at = 'garbage' WHERE number = 2",
    )

    findings, _ = await sealed.verify()

    assert await with_subjects(sealed, findings, uuids) == [
        (CHANGED, 1, "b"),
        (OTHER.format(1, 1), 2, None),
    ]


async def test_a_later_seal_shows_that_one_was_made_anew(sealed):
    await sealed.do(CHANGE_B)
    event = (await sealed.rows(AuditEventRow))[1]
    seal = to_seal((await sealed.rows(SealRow))[0])
    digests = [it.digest for it in await sealed.rows(SealedEventRow)][:3]
    digests[1] = digest_of(event)
    await sealed.do(f"UPDATE audit_sealed_events SET digest = '{digests[1]}' WHERE {OF_B}")
    await sealed.do(
        "UPDATE audit_seals SET hash = :hash WHERE number = 1", hash=hash_of(seal, digests)
    )

    findings, _ = await sealed.verify()

    assert findings == [(UNCHAINED, 2, None)]


async def test_a_hash_kept_elsewhere_shows_that_all_was_made_anew(sealed):
    hashes = [it.hash for it in await sealed.rows(SealRow)]
    await sealed.do(
        "DELETE FROM audit_seals",
        "DELETE FROM audit_sealed_events",
        "INSERT INTO audit_unsealed_events (event_id, uuid) "
        "SELECT id, uuid FROM audit_events WHERE subject <> 'f'",
        "DELETE FROM audit_events WHERE subject = 'f'",
    )
    await sealed.sealing.seal()

    findings, tally = await sealed.verify(hashes[-1])

    assert findings == []
    assert not tally.has_expected


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_hash_kept_elsewhere_may_be_an_old_one(sealed, place):
    kept = (await sealed.rows(SealRow))[place].hash

    findings, tally = await sealed.verify(kept)

    assert (findings, tally.has_expected) == ([], True)


async def test_an_event_that_says_it_is_older_than_it_is_is_found(sealed):
    sealed.clock.advance(days=2)
    await sealed.add_sealed("g")
    await sealed.do(ADD_X)
    await sealed.sealing.seal()

    findings, _ = await sealed.verify()

    text = "says that it is more than a day older than events of earlier seals"
    assert findings == [(text, 5, "x")]


async def test_a_clock_that_was_wrong_for_once_casts_doubt_on_nothing_later(sealed):
    now = sealed.clock.now()
    sealed.clock.advance(days=300)
    await sealed.add("g")
    sealed.clock.advance(seconds=(now - sealed.clock.now()).total_seconds())
    await sealed.sealing.seal()
    await sealed.add_sealed("h")

    assert (await sealed.verify())[0] == []


async def test_events_that_waited_for_days_are_right(trail, monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 1)
    await trail.add_sealed("a")
    for subject in ("b", "c"):
        trail.clock.advance(days=3)
        await trail.add(subject)
    await trail.sealing.seal()

    assert (await trail.verify())[0] == []
