"""Turning an order for a mail into texts, from templates that a shop may replace file by file.

The files of a mail are `<language>/<template>/subject.txt`, `body.txt` and `body.html`. Bodies see the
mail's variables and `name`, `language`, `store`, and in HTML `subject`; a subject sees nothing.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import SandboxedEnvironment

from customer_api.mail.message import Mail, RenderedMail

BUILT_IN: Final = Path(__file__).parent / "templates"
FALLBACK_LANGUAGE: Final = "en"

NAME_PARTS: Final = ("first_name", "last_name")
_DOMAIN_LIKE: Final = re.compile(r"\.\w{2}")


class Renderer:
    """Renders mails in the customer's language, or in English where there is no template for it.

    A mail without a locale is in the store's, which is `locale`.
    """

    def __init__(self, *, store: str, locale: str, overrides: Path | None) -> None:
        self._store = store
        self._default_locale = locale
        self._environment = _environment(overrides)

    def render(self, mail: Mail) -> RenderedMail:
        """Return the texts of a mail; reads template files.

        Raises:
            TemplateError: (jinja2) a template is missing or broken, or uses an unknown variable.
        """
        language = self._language(mail)
        directory = f"{language}/{mail.template}"
        subject = " ".join(self._render(f"{directory}/subject.txt", {}).split())
        variables = {
            **mail.variables,
            **_greeting(mail.variables),
            "language": language,
            "store": self._store,
        }
        return RenderedMail(
            subject=subject,
            text=self._render(f"{directory}/body.txt", variables),
            html=self._render(f"{directory}/body.html", {**variables, "subject": subject}),
            language=language,
        )

    def _language(self, mail: Mail) -> str:
        wanted, _, _ = (mail.locale or self._default_locale).partition("_")
        candidates = [f"{it}/{mail.template}/body.txt" for it in (wanted, FALLBACK_LANGUAGE)]
        found = self._environment.select_template(candidates).name
        assert found is not None, "loaded by name"
        return found.partition("/")[0]

    def _render(self, name: str, variables: Mapping[str, str]) -> str:
        return self._environment.get_template(name).render(variables)


@lru_cache(maxsize=8)
def _environment(overrides: Path | None) -> SandboxedEnvironment:
    """Return the templates, compiled as they are asked for; all renderers of a process share them."""
    directories = [BUILT_IN] if overrides is None else [overrides, BUILT_IN]
    return SandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(directory) for directory in directories]),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _greeting(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the parts of the name as far as they are one, and `name`, both in a row.

    Whoever registers a stranger's address chooses the name in the mail to it, so a name that could
    carry a link or a message is left out.
    """
    parts = {
        part: variables[part] if _is_name(variables[part]) else ""
        for part in NAME_PARTS
        if part in variables
    }
    return {**parts, "name": " ".join(filter(None, parts.values()))}


def _is_name(text: str) -> bool:
    """Whether the text has letters, blanks and a little punctuation only, and no domain in it."""
    return not _DOMAIN_LIKE.search(text) and all(
        character in " -.'\u2019\u00b7" or unicodedata.category(character)[0] in "LM"
        for character in text
    )
