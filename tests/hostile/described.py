"""Tries the published OpenAPI document against a server: what is answered must stand in it.

Of the checks that schemathesis has, these are left out, because the contract demands otherwise:

- `negative_data_rejection`: unknown attributes, any `data.id` and any media type are ignored.
- `positive_data_acceptance`: a document of the right form still needs a mailed key, a password that
  is right, a reference of one's own.
- `unsupported_method`: `POST` to a path that ends in an id is 404, not 405.
- `missing_required_header`, `ignored_auth`: a missing token is 403, and public routes do not look at
  one that is sent.
- `use_after_free`, `ensure_resource_availability`: they need several requests; the tests of the
  contract make them.
"""

from pathlib import Path

import httpx
import schemathesis
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from tests.shop import PASSWORD, registration

DOCUMENT = Path(__file__).parents[2] / "openapi" / "storefront-v1.json"
EMAIL = "described@shop.example"
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]


def load_schema():
    """Return the document; without the phase that walks through values instead of drawing them."""
    schema = load_full_schema()
    schema.config.phases.coverage.enabled = False
    return schema


def load_full_schema():
    """Return the document, to be tried in every way."""
    return schemathesis.openapi.from_path(DOCUMENT)


class Described:
    """Sends what schemathesis makes up, as a customer of a running server."""

    def __init__(self, url):
        self._url = f"{url}/v1"
        self._client = httpx.Client(base_url=self._url, trust_env=False)
        created = self._post("customers", registration(email=EMAIL))
        self._reference = created["id"]
        login = self._post("access-tokens", {"username": EMAIL, "password": PASSWORD})
        self._token = login["attributes"]["accessToken"]

    def _post(self, resource_type, attributes):
        document = {"data": {"type": resource_type, "attributes": attributes}}
        return self._client.post(f"/{resource_type}", json=document).json()["data"]

    def try_case(self, case):
        """Send a case as the customer, who is never deleted, and check the answer."""
        if case.method != "DELETE" and "reference" in case.path_parameters:
            case.path_parameters["reference"] = self._reference
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = case.call(base_url=self._url, headers=headers)
        case.validate_response(answer, checks=CHECKS)

    def close(self):
        """Close the connections."""
        self._client.close()
