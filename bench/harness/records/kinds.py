"""Which types JSON gives the value of an annotated field."""

from types import NoneType, UnionType
from typing import Literal, get_args, get_origin


def kinds(hint: object) -> frozenset[type]:
    """Return the types that JSON gives a field of this annotation."""
    if isinstance(hint, UnionType):
        return frozenset().union(*(kinds(part) for part in get_args(hint)))
    origin = get_origin(hint)
    if origin is Literal:
        return frozenset({str})
    plain = origin or hint
    if plain is float:
        return frozenset({int, float})
    return frozenset({plain}) if plain in (str, int, bool, list, dict, NoneType) else frozenset({dict})
