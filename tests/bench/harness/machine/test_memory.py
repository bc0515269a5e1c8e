"""Tests of bench.harness.machine.memory."""

import platform

import pytest

from bench.harness.machine import memory


def test_glibc_understands_the_settings() -> None:
    """Elsewhere nothing is done, and that is what is returned."""
    assert memory.keep_freed_memory() == (platform.libc_ver()[0] == "glibc")
    memory.give_back_freed_memory()


def test_another_libc_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Musl and the C libraries of macOS and Windows have no mallopt."""
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))

    assert not memory.keep_freed_memory()
