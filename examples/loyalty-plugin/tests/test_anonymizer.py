from datetime import UTC, datetime

from sqlalchemy import create_engine, insert, select

from customer_api.plugin import ErasureContext
from loyalty.anonymizer import LoyaltyAnonymizer
from loyalty.tables import cards, metadata


def test_the_holder_is_forgotten_and_the_points_stay():
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        card = {"holder": "Ada Sample", "holder_email": "ada@sample.example", "points": 120}
        connection.execute(insert(cards), [{"customer_id": 1, **card}, {"customer_id": 2, **card}])
        context = ErasureContext(
            connection=connection,
            customer_id=1,
            reference="DE--7K3MX0Q2VD",
            email_key="ada@sample.example",
            now=datetime(2026, 3, 14, tzinfo=UTC),
        )

        changed = [LoyaltyAnonymizer().erase(context), LoyaltyAnonymizer().erase(context)]

        rows = connection.execute(select(cards.c.holder, cards.c.points).order_by(cards.c.id)).all()
    engine.dispose()
    assert changed == [1, 0]
    assert rows == [(None, 120), ("Ada Sample", 120)]
