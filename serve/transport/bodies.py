"""The memory that requests may have, all together: their bodies while they are read and while they wait.

A body may have half of what the others leave: large ones are refused while small ones still have room. That is the
dynamic threshold of Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory packet switches" (1998).
"""

from typing import Self

from serve.errors import RequestError

SHARE = 0.5  # of what the others leave


class Bodies:
    """Counts the bytes of every body that is not answered yet.

    Args:
        limit: bytes that all of them may have.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self.held = limit, 0

    def take(self, count: int, before: int = 0) -> None:
        """Count a body in, or the rest of one of which so many bytes were counted before.

        Raises:
            RequestError: 503, there is no room for it beside the others.
        """
        others = self.held - before
        if count > SHARE * (self.limit - others):
            words = f"{count} bytes have no room beside the {others} of other requests: ask again"
            raise RequestError(503, words, {"retry-after": "1"})
        self.held = others + count

    def give_back(self, count: int) -> None:
        """Count bytes out."""
        self.held -= count

    def room(self) -> "Room":
        """Return room for one body, of no bytes yet."""
        return Room(self)


class Room:
    """The part of the memory that one body has while it is read, until it is left."""

    __slots__ = ("bodies", "held")

    def __init__(self, bodies: Bodies) -> None:
        self.bodies, self.held = bodies, 0

    def hold(self, count: int) -> None:
        """Have room for a body of so many bytes, which may be told before they are read.

        Raises:
            RequestError: 503, there is none beside the others.
        """
        if count > self.held:
            self.bodies.take(count, self.held)
            self.held = count

    def handed_over(self) -> int:
        """Return the bytes that it has, which somebody else gives back."""
        held, self.held = self.held, 0
        return held

    def leave(self) -> None:
        """Give it back."""
        self.bodies.give_back(self.handed_over())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()
