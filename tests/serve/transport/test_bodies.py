"""Tests of serve.transport.bodies: large bodies are refused while small ones still have room, and room comes back."""

import pytest

from serve.errors import RequestError
from serve.transport.bodies import Bodies


def test_a_body_may_have_half_of_what_the_others_leave() -> None:
    """So that there is always something left for a small one."""
    bodies = Bodies(1000)
    bodies.room().hold(500)
    with pytest.raises(RequestError, match="251 bytes have no room beside the 500 of other requests") as caught:
        bodies.room().hold(251)
    bodies.room().hold(250)
    bodies.room().hold(100)

    assert bodies.held == 850
    assert (caught.value.status, caught.value.headers) == (503, {"retry-after": "1"})


def test_a_body_that_grows_counts_once() -> None:
    """In chunks its length is not told beforehand."""
    bodies = Bodies(1000)
    room = bodies.room()
    for count in (100, 300, 200, 500):
        room.hold(count)
    with pytest.raises(RequestError):
        room.hold(501)

    assert bodies.held == 500


def test_room_is_left_once() -> None:
    """However often that is said."""
    bodies = Bodies(1000)
    with bodies.room() as room:
        room.hold(10)
        room.leave()
        assert bodies.held == 0

    assert bodies.held == 0
