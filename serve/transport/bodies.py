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

    def room(self) -> "Room":
        """Return room for one body, of no bytes yet."""
        return Room(self)


class Room:
    """The part of the memory that one body has, until it is left."""

    __slots__ = ("bodies", "held")

    def __init__(self, bodies: Bodies) -> None:
        self.bodies, self.held = bodies, 0

    def hold(self, count: int) -> None:
        """Have room for a body of so many bytes, which may be told before they are read.

        Raises:
            RequestError: 503, there is none beside the others.
        """
        if count <= self.held:
            return
        others = self.bodies.held - self.held
        if count > SHARE * (self.bodies.limit - others):
            raise RequestError(
                503,
                f"{count} bytes have no room beside the {others} of other requests: ask again",
                {"retry-after": "1"},
            )
        self.bodies.held = others + count
        self.held = count

    def leave(self) -> None:
        """Give it back."""
        self.bodies.held -= self.held
        self.held = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()
