"""What the loyalty program shows to the holder of a card."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from customer_api.plugin import ExportContext
from loyalty.tables import cards


class LoyaltyExporter:
    """Shows the cards of a customer."""

    name = "loyalty"

    def export(self, context: ExportContext) -> Sequence[Mapping[str, object]]:
        """Return one object for each card, the oldest first."""
        statement = (
            select(cards.c.holder, cards.c.holder_email, cards.c.points)
            .where(cards.c.customer_id == context.customer_id)
            .order_by(cards.c.id)
        )
        return [
            {"holder": card.holder, "holderEmail": card.holder_email, "points": card.points}
            for card in context.connection.execute(statement)
        ]
