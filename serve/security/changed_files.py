"""Files that are replaced while the server runs: certificates are renewed, tokens change."""

from pathlib import Path

from serve.log import Problem

State = tuple[tuple[int, ...], ...]


def read_bytes(path: Path) -> bytes:
    """Return a file's content.

    Raises:
        OSError: it cannot be read, or is no regular file: a pipe would keep its reader waiting.
    """
    if path.exists() and not path.is_file():
        raise OSError(f"{path} is no regular file")
    return path.read_bytes()


class Watched:
    """Files, and whether they have changed since they were last asked for.

    Args:
        paths: files that belong together.
    """

    def __init__(self, *paths: Path) -> None:
        self.paths = paths
        self._seen: State | None = self._state()
        self._failure = ""

    def forget(self) -> None:
        """Take them as changed when next asked: what has changed could not be read."""
        self._seen = None

    def failed(self, why: str) -> list[str]:
        """Forget, and return why they could not be read, unless that was the last thing said of them."""
        self.forget()
        before, self._failure = self._failure, why
        return [] if why == before else [Problem(why)]

    def changed(self) -> bool:
        """Return whether any has changed; the next answer is about what comes after this one."""
        before, self._seen = self._seen, self._state()
        if before is not None:  # they were read since
            self._failure = ""
        return self._seen != before

    def _state(self) -> State:
        """Return what shows that a file has changed."""
        try:
            states = [path.stat() for path in self.paths]
        except OSError:  # they are being replaced
            return ()
        return tuple((state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino) for state in states)
