"""News for a user of a new version beside the older ones: none of it stops an export, all of it is said."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from bench.harness.validation import wrong_value
from export.repository.layout import RepositoryError, read_card, versions


class JudgedCard(TypedDict):
    """The fields of an older version's card that a new one is compared with; the oldest lack them."""

    validation_accuracy: NotRequired[float | None]
    protocol: NotRequired[str | None]


def notes(model: Path, number: int | None, card: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is remarkable about a version that was just exported.

    Args:
        model: its folder.
        number: number of the version; None where it was refused.
        card: card of the version.
    """
    low = card["test_accuracy_interval"][0]
    chance = 1 / len(card["classes"])
    if low <= chance:
        yield f"its accuracy cannot be told from guessing ({100 * card['test_accuracy']:.2f} %)"
    before = _card_before(model, number)
    if before is None:
        return
    earlier, now = before.get("validation_accuracy"), card["validation_accuracy"]
    if earlier is not None and earlier > now:
        yield (
            f"it is served in the place of a version that was better on validation images "
            f"({100 * now:.2f} % after {100 * earlier:.2f} %)"
        )
    if before.get("protocol") != card["protocol"]:
        yield f"the version before it is of protocol {before.get('protocol')}, this one of {card['protocol']}"


def stale(model: Path, card: Mapping[str, Any]) -> list[str]:
    """Return that a variant which was refused now has an older version, made of another checkpoint, that stays."""
    numbers = versions(model)
    if not numbers:
        return []
    try:
        made_from = read_card(model / str(numbers[-1])).get("checkpoint_sha256")
    except RepositoryError:
        made_from = None
    of = "this very net" if made_from == card["checkpoint_sha256"] else "an EARLIER net"
    return [f"version {numbers[-1]} of {of} stays: remove {model.name} if it shall not be served"]


def _card_before(model: Path, number: int | None) -> dict[str, Any] | None:
    """Return the card of the version before this one, None if there is none that can be read."""
    older = [version for version in versions(model) if number is not None and version < number]
    if not older:
        return None
    try:
        card = read_card(model / str(older[-1]))
    except RepositoryError:
        return None
    return card if wrong_value(card, JudgedCard) is None else None
