"""Numbers as people read them, and as machines do: neither has an exponent."""

from decimal import Decimal


def figure(value: float, digits: int = 3) -> str:
    """So many significant digits, and all of those before the point: 0.0000123, 12.3, 2,560."""
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{Decimal(f'{value:.{digits}g}'):f}"


def in_full(value: float) -> str:
    """Every digit that makes the number what it is: 5, 1234.5614."""
    return f"{Decimal(repr(value)).normalize():f}"
