"""What an export writes of subscriptions to newsletters."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import bindparam, func, select
from typing_extensions import override

from customer_api.audit.models import Action
from customer_api.customers.models import CustomerRow
from customer_api.newsletter.models import State, SubscriptionRow, TypeRow
from customer_api.transfers.cells import moment_cell
from customer_api.transfers.exporter import Cells, ExportKind
from customer_api.transfers.subscriptions.columns import COLUMNS

_IS_ANSWERED: Final = SubscriptionRow.state != State.PENDING


class SubscriptionExport(ExportKind):
    """All subscriptions but those that wait for their confirmation; ended ones are the shop's proof."""

    action = Action.NEWSLETTER_FILE_EXPORTED
    columns = COLUMNS
    literal = frozenset({"unsubscribe_key"})
    counting = select(func.count()).select_from(SubscriptionRow).where(_IS_ANSWERED)
    paging = (
        select(
            SubscriptionRow.id,
            TypeRow.name,
            SubscriptionRow.email,
            CustomerRow.reference,
            SubscriptionRow.state,
            SubscriptionRow.locale,
            SubscriptionRow.channel,
            SubscriptionRow.text_version,
            SubscriptionRow.asked_at,
            SubscriptionRow.confirmed_at,
            SubscriptionRow.ended_at,
            SubscriptionRow.unsubscribe_key,
        )
        .join(TypeRow, TypeRow.id == SubscriptionRow.type_id)
        .outerjoin(CustomerRow, CustomerRow.id == SubscriptionRow.customer_id)
        .where(_IS_ANSWERED, SubscriptionRow.id > bindparam("after"))
        .order_by(SubscriptionRow.id)
        .limit(bindparam("most"))
    )

    @override
    def cells(self, values: Sequence[Any]) -> Cells:
        *others, text_version, asked_at, confirmed_at, ended_at, key = values
        moments = map(moment_cell, (asked_at, confirmed_at, ended_at))
        return (*others, str(text_version), *moments, key)
