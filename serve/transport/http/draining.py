"""The end of a listener: who is told that it is connected is answered, and nobody more is told so.

Closing a listener resets the connections that the kernel has made and nobody has accepted yet. So no more are made
first: a filter drops the segments that ask for one (SYN), whose senders ask again a second later and are refused then.
"""

import ctypes
import os
import socket
import struct
import sys
from collections.abc import Iterable
from typing import Protocol

SO_ATTACH_FILTER = 26  # of Linux; Python has no name for it
FLAGS, SYN, ACK = 13, 0x02, 0x10  # of a TCP header: their place, and two of them
LOAD_BYTE, AND, EQUAL, RETURN = 0x30, 0x54, 0x15, 0x06  # instructions of the classic Berkeley packet filter
PROGRAM = (  # each with how many to skip where it holds, and where not
    (LOAD_BYTE, 0, 0, FLAGS),
    (AND, 0, 0, SYN | ACK),
    (EQUAL, 0, 1, SYN),
    (RETURN, 0, 0, 0),  # nothing of the segment is kept
    (RETURN, 0, 0, 0xFFFF_FFFF),
)


class Listening(Protocol):
    """A socket, as event loops show it."""

    def fileno(self) -> int:
        """Return its descriptor."""


def take_no_more(sockets: Iterable[Listening]) -> bool:
    """Let the kernel make no more connections for listeners; return whether it can (Linux)."""
    if sys.platform != "linux":
        return False
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *instruction) for instruction in PROGRAM))
    program = struct.pack("HP", len(PROGRAM), ctypes.addressof(code))
    try:
        for listening in sockets:
            with socket.socket(fileno=os.dup(listening.fileno())) as own:
                own.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
    except OSError:  # a kernel that stands in for Linux
        return False
    return True
