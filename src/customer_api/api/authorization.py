"""Who may call which route of the back office: `docs/authorization.md`."""

from typing import Final

from customer_api.api.back_office.deps import PREFIX, scope_of
from customer_api.api.routers import BACK_OFFICE_ROUTERS, routes_of
from customer_api.operators.scopes import ROLE_SCOPES, Role, Scope

_HEAD: Final = f"""# Authorization

Generated from the routes by `customer-api docs`; a test calls every route below `{PREFIX}` as each of these callers and
finds what is written here. A route that names no scope stops the start of the program, except those that take no token.

Roles are sets of scopes; a client of the API has the scopes it was given. Scopes and roles are looked at in the
transaction of each request, so what is taken away is gone with the next one. Nobody can give what they do not have.

Who writes to something sees it: answers to writes show the whole resource, so `customers:write` shows profiles, one at a time
and each as an audit event, without `customers:read`.
"""


def authorization() -> str:
    """Return the page, in Markdown."""
    lines = [_HEAD, "## Routes", ""]
    lines += [f"| route | scope | {' | '.join(Role)} |", "|---|---|" + "---|" * len(Role)]
    for route in sorted(routes_of(BACK_OFFICE_ROUTERS), key=lambda route: route.path):
        for method in sorted(route.methods or ()):
            lines.append(_row(f"{method} {route.path}", scope_of(route)))
    lines += ["", "## Roles", "", f"| scope | {' | '.join(Role)} |", "|---|" + "---|" * len(Role)]
    lines += [f"| `{scope}` | {' | '.join(_marks(scope))} |" for scope in Scope]
    return "\n".join(lines) + "\n"


def _row(route: str, scope: Scope | None) -> str:
    if scope is None:
        return f"| `{route}` | takes no token |" + " |" * len(Role)
    return f"| `{route}` | `{scope}` | {' | '.join(_marks(scope))} |"


def _marks(scope: Scope) -> list[str]:
    return ["yes" if scope in ROLE_SCOPES[role] else "no" for role in Role]
