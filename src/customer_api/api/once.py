"""Requests with an `Idempotency-Key`: from headers to what the feature remembers, and back."""

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from customer_api.api import edge
from customer_api.api.responses import JsonApiResponse
from customer_api.core.db import keep_nothing
from customer_api.core.errors import AppError
from customer_api.core.ids import CustomerId
from customer_api.core.types import Claims
from customer_api.idempotency.marks import RepeatableRequest
from customer_api.idempotency.models import Answer
from customer_api.idempotency.service import Act, IdempotencyService

T = TypeVar("T")

HEADER: Final = "idempotency-key"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


class IdempotencyKeyInvalid(AppError):
    """The header is not one value of 1 to 255 visible ASCII characters."""


class Once:
    """Answers one request, by the answer it had before if it comes again."""

    def __init__(self, request: Request, idempotency: IdempotencyService[Any]) -> None:
        self._request = request
        self._idempotency = idempotency

    async def answer(
        self,
        claims: Claims | None,
        act: Act[T],
        render: Callable[[T], Response],
        *,
        owner: Callable[[T], CustomerId | None] | None = None,
    ) -> Response:
        """Do what `act` does and answer by `render`; without a key nothing is remembered.

        The arguments are those of `IdempotencyService.once`.

        Raises:
            IdempotencyKeyInvalid: there is a key, and it cannot be used. Who may not call does not
                learn that.
        """
        try:
            key = self.key()
        except IdempotencyKeyInvalid:
            await self._idempotency.check(claims)
            raise
        if key is None:
            return render(await act(keep=keep_nothing))
        answer = await self._idempotency.once(
            self._repeatable(key, claims),
            claims,
            act,
            render=lambda result: _to_answer(render(result)),
            owner=owner,
        )
        headers = {} if answer.etag is None else {"ETag": answer.etag}
        kind = JsonApiResponse if answer.body else Response
        return kind(answer.body, status_code=answer.status, headers=headers)

    def key(self) -> str | None:
        """Return the key of the request; None when it has none.

        Raises:
            IdempotencyKeyInvalid: there is a key, and it cannot be used.
        """
        return _key(self._request.headers.getlist(HEADER))

    def _repeatable(self, key: str, claims: Claims | None) -> RepeatableRequest:
        scope = self._request.scope
        headers = self._request.headers
        conditions = [*headers.getlist("if-match"), *headers.getlist("if-none-match")]
        return RepeatableRequest(
            caller="" if claims is None else claims.reference,
            method=scope["method"],
            path=scope["path"],
            key=key,
            content=(
                scope["query_string"],
                ",".join(conditions).encode("latin-1"),
                edge.get_body(scope),
            ),
        )


def _key(values: list[str]) -> str | None:
    if not values:
        return None
    if len(values) > 1 or not _KEY.fullmatch(values[0]):
        raise IdempotencyKeyInvalid
    return values[0]


def _to_answer(response: Response) -> Answer:
    return Answer(response.status_code, bytes(response.body), response.headers.get("etag"))
