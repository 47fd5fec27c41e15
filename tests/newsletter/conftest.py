"""A shop with newsletters, mailboxes to look into, and those who manage it."""

import re

import pytest
from sqlalchemy import select

from customer_api.events.models import EventRow
from customer_api.newsletter.models import SubscriptionRow
from tests.back_office.conftest import office_of
from tests.shop import mail_text
from tests.tables import rows

EMAIL = "ada@shop.example"
CONSENT = "Yes, write to me about new things."
PUBLIC_URL = "https://api.shop.example"


class Press:
    """Drives newsletters, as guests, customers, mail programs and administrators do."""

    def __init__(self, office):
        self.office = office
        self.shop = office.shop
        self.news = ""
        """Uuid of the first newsletter."""

    async def add_type(self, name="News", **changes):
        """Add a newsletter and return its id."""
        attributes = {"name": name, "consentText": CONSENT, **changes}
        answer = await self.office.call("POST", "/newsletter-types", attributes)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]["id"]

    async def ask(self, email=EMAIL, **changes):
        """Ask as a guest; None leaves an attribute out."""
        attributes = {"email": email, "newsletterType": self.news, **changes}
        sent = {name: value for name, value in attributes.items() if value is not None}
        answer = await self.shop.call("POST", "/newsletter-subscriptions", sent)
        await self.shop.container.newsletters.answer()
        return answer

    async def confirm(self, key):
        return await self.shop.call("POST", "/newsletter-confirmation", {"key": key})

    async def subscribe(self, email=EMAIL, **changes):
        """Ask and confirm as a guest."""
        assert (await self.ask(email, **changes)).status_code == 202
        answer = await self.confirm(await self.shop.mailed_key("newsletter/confirm"))
        assert answer.status_code == 204, answer.text

    async def ask_as(self, account, newsletter=None, **changes):
        """Ask as a customer."""
        path = f"/customers/{account.reference}/newsletter-subscriptions"
        attributes = {"newsletterType": newsletter or self.news, **changes}
        return await self.shop.call("POST", path, attributes, by=account)

    async def own(self, account):
        """Return newsletter, address and state of a customer's subscriptions."""
        path = f"/customers/{account.reference}/newsletter-subscriptions"
        answer = await self.shop.call("GET", path, by=account)
        assert answer.status_code == 200, answer.text
        found = [it["attributes"] for it in answer.json()["data"]]
        return [(it["newsletterName"], it["email"], it["state"]) for it in found]

    async def unsubscribe_url(self):
        """Return the URL of the newest mail's header."""
        mails = [it for it in await self.shop.mails() if "List-Unsubscribe" in it]
        return mails[-1]["List-Unsubscribe"].strip("<>")

    async def one_click(self, url, content="List-Unsubscribe=One-Click"):
        """Do what a mail program does."""
        path = url.removeprefix(PUBLIC_URL)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        base = "http://api.shop.example"
        return await self.shop.client.post(base + path, content=content, headers=headers)

    async def states(self):
        """Return address and state of all subscriptions."""
        return [(it.email, it.state) for it in await rows(self.shop, SubscriptionRow)]

    async def subjects(self):
        """Return recipient and subject of all mails but those about accounts."""
        mails = await self.shop.mails()
        return [(it["To"], it["Subject"]) for it in mails if "newsletter" in it["Subject"]]

    async def events(self):
        """Return type and subject of the events about newsletters."""
        statement = select(EventRow.type, EventRow.subject, EventRow.data).order_by(EventRow.id)
        found = await self.shop.container.units.read(lambda it: it.execute(statement).all())
        return [tuple(row) for row in found if row.type.startswith("newsletter.")]


def links_of(message):
    """Return all URLs in a mail, those of its headers too."""
    html = message.get_body(("html",)).get_content()
    text = mail_text(message) + html + (message["List-Unsubscribe"] or "")
    return set(re.findall(r"https?://[^\s\"<>]+", text.replace("&amp;", "&")))


@pytest.fixture
def open_press(open_shop):
    """Open shops with a newsletter; arguments are settings."""

    async def run(**settings):
        made = Press(await office_of(await open_shop(**settings)))
        made.news = await made.add_type()
        return made

    return run


@pytest.fixture
async def press(open_press):
    return await open_press(public_url=PUBLIC_URL)
