"""Answers in JSON:API form."""

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from customer_api.jsonapi.document import MEDIA_TYPE
from customer_api.jsonapi.errors import ErrorObject, error_document

BEARER_CHALLENGE = 'Bearer realm="Access to shop API"'


class JsonApiResponse(Response):
    """A finished JSON:API document; the content type has no charset, as clients demand."""

    media_type = MEDIA_TYPE


def no_content(_result: None = None) -> Response:
    """Return an empty 204, whatever led to it."""
    return Response(status_code=204)


def accepted(_result: None = None) -> Response:
    """Return an empty 202: what was asked for is queued."""
    return Response(status_code=202)


def refusal(
    errors: Sequence[ErrorObject], headers: Mapping[str, str] | None = None
) -> JsonApiResponse:
    """Return an error document under the status of its last error (contract 1.6)."""
    status = errors[-1].status
    all_headers = dict(headers or {})
    if status == 401:  # noqa: PLR2004 - RFC 9110, 15.5.2: a 401 carries a challenge
        all_headers.setdefault("WWW-Authenticate", BEARER_CHALLENGE)
    return JsonApiResponse(error_document(errors), status_code=status, headers=all_headers)
