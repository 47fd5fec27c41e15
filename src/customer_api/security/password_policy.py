"""What a new password must be like. Never applied at login or to an old password."""

import re
import string
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Final

from customer_api.core.errors import AppError

_SPECIALS: Final = string.punctuation + string.whitespace
_SPECIALS_AND_DIGITS: Final = _SPECIALS + string.digits


class PasswordRefused(AppError):
    """The policy refuses a new password; the subclass names the first broken rule."""


class PasswordTooShort(PasswordRefused):
    """Fewer code points than the policy demands."""


class PasswordTooLong(PasswordRefused):
    """More code points than the policy admits."""


class PasswordCharactersRefused(PasswordRefused):
    """The characters do not fit the pattern."""


class PasswordSequenceRefused(PasswordRefused):
    """The same character too often in a row."""


class PasswordCommon(PasswordRefused):
    """One of the first that an attacker tries: listed, or the person's or the shop's own name."""


class PasswordPolicy:
    """The shop's rules for new passwords.

    They look at the text as it was sent. `pattern` must match as a whole, with ASCII classes; empty
    means none; `sequence_limit` equal characters in a row are refused and 0 means any number are
    fine; a password on `allow_list` escapes every rule here.
    """

    def __init__(
        self,
        *,
        min_length: int,
        max_length: int,
        pattern: str,
        sequence_limit: int,
        deny_list: Iterable[str],
        allow_list: Iterable[str],
        context_words: Sequence[str],
    ) -> None:
        self._min_length = min_length
        self._max_length = max_length
        self._pattern = re.compile(pattern, re.ASCII) if pattern else None
        self._sequence = (
            re.compile(rf"(.)\1{{{sequence_limit - 1}}}", re.DOTALL) if sequence_limit else None
        )
        self._denied = frozenset(password.casefold() for password in deny_list)
        self._allowed = frozenset(allow_list)
        self._context_words = tuple(context_words)

    def check(self, password: str, *, email: str | None = None) -> None:
        """Refuse what breaks a rule; the rules are tried in the order of the errors below.

        Raises:
            PasswordTooShort: see there, as for the others.
            PasswordTooLong:
            PasswordCharactersRefused:
            PasswordSequenceRefused:
            PasswordCommon: on the deny list or the list of common passwords, in any case and with
                any special characters appended; or the e-mail, its local part or a context word,
                in any case and with any digits and special characters appended.
        """
        if password in self._allowed:
            return
        if len(password) < self._min_length:
            raise PasswordTooShort
        if len(password) > self._max_length:
            raise PasswordTooLong
        if self._pattern is not None and not self._pattern.fullmatch(password):
            raise PasswordCharactersRefused
        if self._sequence is not None and self._sequence.search(password):
            raise PasswordSequenceRefused
        if self._is_common(password) or self._is_name(password, email):
            raise PasswordCommon

    def _is_common(self, password: str) -> bool:
        folded = password.casefold()
        candidates = {folded, folded.rstrip(_SPECIALS)}
        return not (
            candidates.isdisjoint(self._denied) and candidates.isdisjoint(_common_passwords())
        )

    def _is_name(self, password: str, email: str | None) -> bool:
        names = list(self._context_words)
        if email is not None:
            names += [email, email.rpartition("@")[0]]
        core = _core(password)
        return core != "" and any(core == _core(name) for name in names)


def _core(text: str) -> str:
    """Return what is left without the decoration that people append to satisfy a policy."""
    return text.casefold().rstrip(_SPECIALS_AND_DIGITS)


@cache
def _common_passwords() -> frozenset[str]:
    """Return the 30,000 most frequent passwords, in lower case; they are read at the first use.

    The module with the lists is loaded by its path, because importing it as part of its package
    would load the scorer and keep all other lists in memory too.
    """
    package = find_spec("zxcvbn")
    assert package is not None
    assert package.origin is not None
    lists = spec_from_file_location(
        "frequency_lists", Path(package.origin).with_name("frequency_lists.py")
    )
    assert lists is not None
    assert lists.loader is not None
    module = module_from_spec(lists)
    lists.loader.exec_module(module)
    return frozenset(module.FREQUENCY_LISTS["passwords"])
