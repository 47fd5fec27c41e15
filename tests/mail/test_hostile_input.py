"""Nothing that a stranger sends gets into a header or a link of a mail."""

import re
from collections import Counter
from email import message_from_bytes, policy

import pytest
from sqlalchemy import update

from customer_api.bootstrap import build
from customer_api.mail.message import HEADERS
from customer_api.mail.models import MailRow
from tests.contract.texts import ONE_DATABASE
from tests.mail.smtp import Sink, smtp_server
from tests.shop import mail_text, only_error
from tests.tables import rows

ADA = "ada@shop.example"
EVIL = "eve@evil.example"
NAMES = (
    "=?utf-8?q?Ada=0D=0ABcc=3A_eve=40evil.example?=",
    "=?utf-8?b?QWRhDQpCY2M6IGV2ZUBldmlsLmV4YW1wbGU=?=",
    f"Ada, {EVIL}",
    f"Ada <{EVIL}>",
    f"<{EVIL}>,",
    f"Ada\r\nBcc: {EVIL}",
    f"Ada\nTo: {EVIL}\n\nVisit evil.example",
    f"Ada\r\n.\r\nRCPT TO:<{EVIL}>",
    f"Ada\u2028Bcc: {EVIL}",
)
ADDRESSES = (
    f"Ada <{ADA}>",
    f'"Ada, {EVIL}" <{ADA}>',
    f"{ADA}, {EVIL}",
    f"{ADA},{EVIL}",
    f"{ADA};{EVIL}",
    f"{ADA}\r\nBcc: {EVIL}",
    f"{ADA}\nBcc: {EVIL}",
    f"{ADA}>\r\nRCPT TO:<{EVIL}",
    f'"{EVIL}"@shop.example',
    f"{ADA} ",
)
LINK = re.compile(r"https?://\S+")


@pytest.fixture
def deliver(shop, make_settings):
    """Deliver what waits to a real SMTP server, and return what it got."""

    async def run():
        sink = Sink()
        async with smtp_server(sink) as port:
            settings = make_settings(mail_url=f"smtp://127.0.0.1:{port}")
            container = build(settings, clock=shop.clock, plugins=())
            while await container.mail_worker.run_once():
                pass
            await container.close()
        return sink.envelopes

    return run


def assert_clean(envelope, recipient):
    message = message_from_bytes(envelope.original_content, policy=policy.default)
    assert envelope.rcpt_tos == [recipient]
    assert Counter(message.keys()) == Counter(HEADERS)
    assert [it.addr_spec for it in message["To"].addresses] == [recipient]
    assert b"evil" not in envelope.original_content
    for part in message.iter_parts():
        assert "evil" not in part.get_content()


@ONE_DATABASE
@pytest.mark.promise("S81")
@pytest.mark.parametrize("name", NAMES)
async def test_a_hostile_name_adds_no_recipient_and_no_header(shop, deliver, name):
    created = await shop.register(email=ADA, firstName=name, lastName=name)

    (envelope,) = await deliver()

    assert created.status_code == 201
    assert_clean(envelope, ADA)


@pytest.mark.promise("S81")
async def test_a_hostile_name_stays_out_of_every_kind_of_mail(shop):
    account = await shop.account(ADA, firstName=NAMES[0], lastName=NAMES[5])
    moved = await shop.move(account, "new@shop.example")
    await shop.register(email=moved.email, firstName=NAMES[6])
    await shop.undo_email(await shop.mailed_key("email/undo"))
    await shop.restore(await shop.mailed_key("password/restore"), account.password)
    again = await shop.session(account.reference, ADA)
    await shop.mails()  # or the erasure would wipe them
    await shop.call("DELETE", f"/customers/{account.reference}", by=again)

    mails = await shop.mails()

    assert {row.template for row in await rows(shop, MailRow)} == {
        "registration_confirmation",
        "email_change",
        "email_changed",
        "account_exists",
        "password_removed",
        "email_change_undone",
        "password_changed",
        "account_deleted",
    }
    assert len(mails) == 8
    for mail in mails:
        assert Counter(mail.keys()) == Counter(HEADERS)
        assert "evil" not in mail.as_string()


@ONE_DATABASE
@pytest.mark.promise("S81")
@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_hostile_address_is_refused_and_gets_nothing(shop, deliver, address):
    account = await shop.account(ADA)
    await shop.mails()

    answers = [
        await shop.register(email=address),
        await shop.change_email(account, address),
        await shop.call("POST", "/customer-forgotten-password", {"email": address}),
    ]

    assert [answer.status_code for answer in answers[:2]] == [422, 422]
    assert answers[2].status_code in {204, 422}  # an address is looked up loosely
    assert await deliver() == []


@pytest.mark.promise("S81")
@pytest.mark.parametrize(
    "recipient", [*ADDRESSES, "=?utf-8?q?eve=40evil.example=2C?=@shop.example"]
)
async def test_a_hostile_recipient_in_the_outbox_is_parked(shop, deliver, recipient):
    await shop.register(email=ADA)
    change = update(MailRow).values(recipient=recipient)
    await shop.container.units.write(lambda it: it.execute(change))

    assert await deliver() == []

    (row,) = await rows(shop, MailRow)
    assert (row.state, row.recipient) == ("parked", None)
    assert row.last_error in {"address_invalid", "header_invalid"}


FORGOTTEN = "/customer-forgotten-password"
EVIL_HEADERS = (
    {"host": "localhost"},
    {"x-forwarded-host": "evil.example", "x-forwarded-proto": "http"},
    {"forwarded": "host=evil.example;proto=http"},
    {"x-original-url": "https://evil.example/", "referer": "https://evil.example/"},
    {"origin": "https://evil.example"},
)
EVIL_QUERIES = ("", "?redirect=https://evil.example/&_store=evil.example", "?token=evil&link=evil")
EVIL_ATTRIBUTES = {
    "redirect": "https://evil.example/",
    "_store": "evil.example",
    "link": "https://evil.example/?token={key}",
    "storefront": "https://evil.example",
}


@ONE_DATABASE
@pytest.mark.promise("S79")
@pytest.mark.parametrize("proxies", [(), ("192.0.2.1",)], ids=["directly", "by a trusted proxy"])
@pytest.mark.parametrize("query", EVIL_QUERIES)
@pytest.mark.parametrize("headers", EVIL_HEADERS, ids=lambda it: next(iter(it)))
async def test_the_link_of_a_restore_comes_from_settings_alone(open_shop, proxies, query, headers):
    shop = await open_shop(
        trusted_proxies=proxies, allowed_hosts=("api.shop.example", "evil.example")
    )
    await shop.account(ADA)

    answer = await shop.call(
        "POST", FORGOTTEN + query, {"email": ADA, **EVIL_ATTRIBUTES}, headers=headers
    )

    mail = (await shop.mails())[-1]
    (link,) = LINK.findall(mail_text(mail))
    assert answer.status_code == 204
    assert re.fullmatch(r"https://www\.shop\.example/password/restore\?token=[\w-]{43}", link)
    assert "evil" not in mail.as_string()


@pytest.mark.promise("S79")
@pytest.mark.parametrize(
    "host", ["evil.example", "www.shop.example.evil.example", "evil.example:80"]
)
async def test_a_foreign_host_gets_no_mail_sent(shop, host):
    await shop.account(ADA)
    before = len(await shop.mails())

    answer = await shop.call("POST", FORGOTTEN, {"email": ADA}, headers={"host": host})

    assert only_error(answer) == (400, None, "Bad Request")
    assert len(await shop.mails()) == before


@pytest.mark.promise("S79")
async def test_the_links_of_an_email_change_come_from_settings_alone(shop):
    account = await shop.account(ADA)
    path = f"/customers/{account.reference}{EVIL_QUERIES[1]}"
    wish = {"email": "new@shop.example", **EVIL_ATTRIBUTES}
    await shop.call("PATCH", path, wish, by=account, headers=EVIL_HEADERS[1])
    key = await shop.mailed_key("email/confirm")
    await shop.call(
        "POST",
        f"/customer-email-confirmation{EVIL_QUERIES[1]}",
        {"key": key, "password": account.password, **EVIL_ATTRIBUTES},
        headers=EVIL_HEADERS[1],
    )

    links = [LINK.findall(mail_text(mail)) for mail in (await shop.mails())[-2:]]

    expected = [f"https://www.shop.example/email/{page}" for page in ("confirm", "undo")]
    assert [link.partition("?")[0] for (link,) in links] == expected
