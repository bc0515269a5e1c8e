"""Writes numbers as people read them: as many digits as the uncertainty leaves, units apart from the number."""

import math
import statistics
from collections.abc import Callable, Iterable

MISSING = "–"
MINUS = "−"
SYMMETRIC = 0.02  # ends whose distances to the mean differ by less, relatively, are written with ±


def number(value: float, decimals: int) -> str:
    """Return a number with a true minus sign and thin groups of thousands: 61 706, −0.25."""
    text = f"{value:,.{decimals}f}".replace(",", "\u202f").replace("-", MINUS)
    return text.removeprefix(MINUS) if _is_zero(text) else text


def _is_zero(text: str) -> bool:
    return not text.strip(f"{MINUS}0.")


def signed(value: float, decimals: int) -> str:
    """Return a number that always has its sign, but for a zero: +0.42, −0.10, 0.00."""
    text = number(value, decimals)
    return text if text.startswith(MINUS) or _is_zero(text) else f"+{text}"


def decimals_for(value: float, *, digits: int) -> int:
    """Return how many decimals leave so many significant digits: 1234 with 3 -> 0, 0.0123 with 3 -> 4."""
    if value == 0 or not math.isfinite(value):
        return 0
    return max(0, digits - 1 - math.floor(math.log10(abs(value))))


def significant(value: float | None, digits: int = 3) -> str:
    """Return a number with so many significant digits; digits before the point are all kept."""
    if value is None or not math.isfinite(value):
        return MISSING
    return number(value, decimals_for(value, digits=digits))


def with_interval(mean: float, low: float | None, high: float | None, decimals: int) -> str:
    """Return `97.89 ± 0.31`, `97.89 [97.10, 98.02]` where the interval is lopsided, `97.89` without one."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return number(mean, decimals)
    down, up = mean - low, high - mean
    if abs(up - down) <= SYMMETRIC * max(abs(up), abs(down)) + 10.0**-decimals / 2:
        return f"{number(mean, decimals)} ± {number((up + down) / 2, decimals)}"
    return f"{number(mean, decimals)} [{number(low, decimals)}, {number(high, decimals)}]"


def interval(low: float | None, high: float | None, write: Callable[[float], str]) -> str:
    """Return `[1.20, 3.40]`, empty where an end is not known; `write` writes both ends."""
    return "" if low is None or high is None else f"[{write(low)}, {write(high)}]"


def measured(mean: float, low: float | None, high: float | None) -> str:
    """Return a mean with its 95 % interval, both to the digit that the interval leaves meaningful.

    The half-width keeps two significant digits, the mean is never cut to fewer than three.
    """
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return significant(mean)
    half = (high - low) / 2
    decimals = decimals_for(half, digits=2) if half > 0 else decimals_for(mean, digits=3)
    return with_interval(mean, low, high, min(decimals, decimals_for(mean, digits=4)))


def percent(mean: float, low: float | None = None, high: float | None = None) -> str:
    """Return a fraction in percent with two decimals, with its interval if there is one."""
    ends = [None if end is None else 100 * end for end in (low, high)]
    return with_interval(100 * mean, ends[0], ends[1], 2)


def duration(seconds: float) -> str:
    """Return a time in the two units a reader wants: `45 s`, `3 min 20 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds a minute
        return f"{whole} s"
    if whole < 3600:  # noqa: PLR2004 - seconds an hour
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def with_range(values: Iterable[float], decimals: int | None = None) -> str:
    """Return `2.10 [1.90, 2.40]`: the median with the least and the largest value.

    Args:
        values: one per turn.
        decimals: digits behind the point; None keeps three significant digits.
    """
    ordered = sorted(values)
    if not ordered:
        return MISSING
    ends = (statistics.median(ordered), ordered[0], ordered[-1])
    middle, low, high = (significant(end) if decimals is None else number(end, decimals) for end in ends)
    return f"{middle} [{low}, {high}]"


def least_to_largest(values: Iterable[float], digits: int = 3) -> str:
    """Return `1.90 to 2.40`, the ends of the values with so many significant digits."""
    ordered = sorted(values)
    return f"{significant(ordered[0], digits)} to {significant(ordered[-1], digits)}"


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun: `1 study`, `3 studies`; without a plural the noun takes an s."""
    return f"{count} {singular if count == 1 else plural or f'{singular}s'}"
