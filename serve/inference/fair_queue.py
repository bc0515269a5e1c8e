"""Whose turn it is: models share the time that they compute, each by its weight, whatever thread computes.

Start-time fair queueing (P. Goyal, H. M. Vin and H. Cheng, 1996) over seconds of compute: every lane has a tag: time
that it has had, divided by its weight; the smallest tag is next. A lane that comes back begins where the others are, so
that nobody saves up turns; a lane that stays never waits for longer than the others' shares of its own time, and a run
each.
"""

from collections.abc import Iterator, Sequence

from serve.inference.request_queue import Lane


class FairQueue:
    """Lanes with work, in the order of the time that they have had."""

    def __init__(self) -> None:
        self._lanes: list[Lane] = []
        self.now = 0.0  # the tag of the last run, in seconds of compute

    def __len__(self) -> int:
        """Return how many lanes have work."""
        return len(self._lanes)

    def __iter__(self) -> Iterator[Lane]:
        """Iterate over the lanes with work, in no order."""
        return iter(self._lanes)

    def join(self, lane: Lane) -> None:
        """Take a lane that had no work, and has some."""
        lane.tag = max(lane.tag, self.now)
        self._lanes.append(lane)

    def rejoin(self, lane: Lane) -> None:
        """Take back a lane that runs a batch and has more work."""
        self._lanes.append(lane)

    def put_back(self, lanes: Sequence[Lane]) -> None:
        """Take back lanes that were drawn and could not run, before their equals."""
        self._lanes[:0] = lanes

    def draw(self) -> Lane:
        """Return the lane whose turn it is, the first of equals, and take it out."""
        lane = min(self._lanes, key=_tag)
        self._lanes.remove(lane)
        return lane

    def begin(self, lane: Lane, seconds: float) -> None:
        """Charge a run before it begins, by what it is expected to take."""
        self.now = max(self.now, lane.tag)
        self.charge(lane, seconds)

    @staticmethod
    def charge(lane: Lane, seconds: float) -> None:
        """Charge seconds of compute; a run that took less than expected gets the rest back."""
        lane.tag += seconds / lane.version.config.weight


def _tag(lane: Lane) -> float:
    return lane.tag
