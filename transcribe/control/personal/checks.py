"""Whether digits fit, by python-stdnum and phonenumbers: the packages of the extra `control`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple

from transcribe.core.errors import DependencyError

INSTALL = "Install it: pip install 'transcribe-offline[control]'"


class Checks(NamedTuple):
    """What tells whether digits fit; phones with the code of the country that they are rung from."""

    iban: Callable[[str], bool]
    luhn: Callable[[str], bool]
    nip: Callable[[str], bool]
    pesel: Callable[[str], bool]
    phone: Callable[[str, str], bool]
    possible_phone: Callable[[str, str], bool]


@cache
def checks() -> Checks:
    """The checks.

    Raises:
        DependencyError: A package is not installed.
    """
    try:
        import phonenumbers
        from stdnum import iban, luhn
        from stdnum.pl import nip, pesel
    except ImportError as error:
        raise DependencyError(
            f"finding personal data needs the package {error.name}, which is not installed", INSTALL
        ) from error

    @lru_cache(maxsize=4096)
    def is_phone(digits: str, region: str) -> bool:
        try:
            return phonenumbers.is_valid_number(phonenumbers.parse(digits, region))
        except phonenumbers.NumberParseException:
            return False

    @lru_cache(maxsize=4096)
    def is_possible_phone(digits: str, region: str) -> bool:
        try:
            return phonenumbers.is_possible_number(phonenumbers.parse(digits, region))
        except phonenumbers.NumberParseException:
            return False

    return Checks(iban.is_valid, luhn.is_valid, nip.is_valid, pesel.is_valid, is_phone, is_possible_phone)
