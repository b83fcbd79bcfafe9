"""Reads amounts of money."""

from decimal import ROUND_HALF_UP, Decimal

from app.core.schema import Money
from app.notices.reader import Reader
from app.notices.xml import Element

_TOO_LARGE = Decimal(10) ** 13


def money_of(reader: Reader, number: str, element: Element) -> Money | None:
    """Return an amount with its currency; a fault, and None, when it is not one."""
    amount = reader.number(number, element)
    if amount is None:
        return None
    currency = str(element.get("currencyID") or "")
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        reader.fault(number, element, f"{currency[:10]!r} is not a currency")
        return None
    if amount >= _TOO_LARGE:
        reader.fault(number, element, "the value is too large")
        return None
    return Money(amount=f"{amount.quantize(Decimal('0.01'), ROUND_HALF_UP):f}", currency=currency)
