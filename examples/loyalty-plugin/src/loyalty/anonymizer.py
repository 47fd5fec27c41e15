"""What the loyalty program forgets when a customer is erased."""

from sqlalchemy import or_, update

from customer_api.plugin import ErasureContext
from loyalty.tables import cards


class LoyaltyAnonymizer:
    """Forgets the holder of a card; keeps the points, which hold no name."""

    name = "loyalty"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of cards changed; 0 when called again."""
        statement = (
            update(cards)
            .where(
                cards.c.customer_id == context.customer_id,
                or_(cards.c.holder.is_not(None), cards.c.holder_email.is_not(None)),
            )
            .values(holder=None, holder_email=None)
        )
        return context.connection.execute(statement).rowcount
