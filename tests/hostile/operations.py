"""Every operation of the storefront, read off the application: a new route is tried without a word."""

import re
from dataclasses import dataclass

from customer_api.api.documents import storefront_openapi
from customer_api.api.paths import PREFIX

NO_ID = "DE--0000000000"


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a path."""

    method: str
    template: str
    """With its prefix; ids in braces."""
    resource_type: str
    fields: tuple[str, ...]
    """Attributes or parameters of its body, which may have none."""
    is_form: bool
    has_body: bool

    def __str__(self):
        return f"{self.method} {self.template}"

    def target(self, *ids):
        """Return the path with ids in place of the braces; the last one stands for all that lack."""
        given = list(ids) or [NO_ID]
        return re.sub(
            r"{\w+}", lambda _: given.pop(0) if len(given) > 1 else given[0], self.template
        )

    @property
    def has_id(self):
        return "{" in self.template


def operations_of(document, prefix):
    """Return the operations of a published document."""
    return [
        _operation(prefix + path, method, described)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]


def _operation(path, method, described):
    content = described.get("requestBody", {}).get("content", {})
    form = content.get("application/x-www-form-urlencoded")
    document = content.get("application/vnd.api+json")
    fields = form["schema"]["properties"] if form else {}
    if document:
        data = document["schema"]["properties"]["data"]
        fields = data["properties"]["attributes"]["properties"]
    resource_type = described["tags"][0]
    if document:
        resource_type = data["properties"]["type"]["const"]
    return Operation(
        method.upper(),
        path,
        resource_type,
        tuple(fields),
        is_form=form is not None,
        has_body=bool(content),
    )


ALL = operations_of(storefront_openapi(), PREFIX)
WITH_BODY = [operation for operation in ALL if operation.method in {"POST", "PATCH"}]
WITH_DOCUMENT = [operation for operation in WITH_BODY if not operation.is_form]
WITH_ID = [operation for operation in ALL if operation.has_id]
