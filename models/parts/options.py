"""Values that an architecture's options may take, read from their type annotations."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

Plain = str | int | float | bool
OptionValue = Plain | tuple[Plain, ...]


class ModelError(ValueError):
    """Base of every error of this package that the caller can mend; the message is one line."""


class BadOptionError(ModelError):
    """An option's value cannot build a net; raised by `checked` and by the families."""


@dataclass(frozen=True)
class Bounds:
    """Range of a number, for use in `Annotated`; `words` completes "expected a number ...".

    Attributes:
        holds: whether a number lies in the range.
        words: the range as a reader would say it.
    """

    holds: Callable[[float], bool]
    words: str


Count = Annotated[int, Bounds(lambda value: value >= 1, ">= 1")]
Multiplier = Annotated[float, Bounds(lambda value: value > 0, "> 0")]
NotNegative = Annotated[float, Bounds(lambda value: value >= 0, ">= 0")]
Probability = Annotated[float, Bounds(lambda value: 0 <= value < 1, "in [0, 1)")]

ActivationName = Literal["relu", "sigmoid", "tanh", "leaky-relu", "elu", "gelu", "silu", "identity"]
NormalisationKind = Literal["none", "batch", "layer", "lrn"]
PoolingKind = Literal["max", "average"]
LrnSize = Count | Literal["all"]
LrnImplementation = Literal["banded", "torch"]


def checked(name: str, value: object, annotation: object) -> OptionValue:
    """Return the value in its recorded form: lists become tuples, integers become floats.

    Args:
        name: the option, for the message.
        value: the value that the caller (or a record read from JSON) gave.
        annotation: the option's type in the architecture's constructor.

    Raises:
        BadOptionError: the value is not of the type, outside its range or no listed choice.
    """
    accepted = _accepted(value, annotation)
    if accepted is None:
        raise BadOptionError(f"option {name!r}: got {value!r}, expected {_words(annotation)}")
    return accepted


def _accepted(value: object, annotation: object) -> OptionValue | None:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        matches = (_accepted(value, member) for member in arguments)
        return next((match for match in matches if match is not None), None)
    if origin is Annotated:
        number = _accepted(value, arguments[0])
        return number if _within(number, arguments[1:]) else None
    if origin is Literal:
        # 1 == True: the type must match too, or a record would not say what was built.
        known = any(value == choice and type(value) is type(choice) for choice in arguments)
        return value if known else None  # type: ignore[return-value]  # literals are plain values
    if origin is tuple:
        return _accepted_sequence(value, arguments[0])
    return _accepted_plain(value, annotation)


def _accepted_sequence(value: object, member: object) -> OptionValue | None:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return None
    members = tuple(_accepted(item, member) for item in value)
    return None if None in members else members  # type: ignore[return-value]  # none is None


def _accepted_plain(value: object, kind: object) -> OptionValue | None:
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    if kind in (int, str, bool) and type(value) is kind:
        return value
    return None


def _within(number: object, bounds: Sequence[Bounds]) -> bool:
    return isinstance(number, int | float) and all(bound.holds(number) for bound in bounds)


def _words(annotation: object) -> str:
    """The values that the annotation accepts, as the end of "expected ..."."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " or ".join(_words(member) for member in arguments)
    if origin is Annotated:
        return " ".join([_words(arguments[0]), *(bound.words for bound in arguments[1:])])
    if origin is Literal:
        choices = ", ".join(repr(choice) for choice in arguments)
        return choices if len(arguments) == 1 else f"one of {choices}"
    if origin is tuple:
        return f"a sequence, each member {_words(arguments[0])}"
    plain = {int: "an integer", float: "a number", str: "a string", bool: "True or False"}
    return plain.get(annotation, str(annotation))  # type: ignore[call-overload, no-any-return]  # annotations are objects
