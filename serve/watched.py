"""Files that are replaced while the server runs: certificates are renewed, tokens change."""

from pathlib import Path


class Watched:
    """Files, and whether they have changed since they were last asked for.

    Args:
        paths: that belong together.
    """

    def __init__(self, *paths: Path) -> None:
        self.paths = paths
        self._seen = self._state()

    def changed(self) -> bool:
        """Return whether any has changed; the next answer is about what comes after this one."""
        before, self._seen = self._seen, self._state()
        return self._seen != before

    def _state(self) -> tuple[tuple[int, int, int], ...]:
        """Return what shows that a file has changed."""
        try:
            found = [path.stat() for path in self.paths]
        except OSError:  # they are being replaced
            return ()
        return tuple((each.st_mtime_ns, each.st_size, each.st_ino) for each in found)
