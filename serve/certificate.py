"""The server's certificate, read again when its files change: it is renewed while the server runs."""

import ssl
from pathlib import Path

from serve.errors import ConfigurationError


class Certificate:
    """A certificate with its key, in PEM files, and the context that answers with it.

    Args:
        certificate: with the chain of those who signed it.
        key: without a passphrase.

    Raises:
        ConfigurationError: they cannot be read, or are no pair.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self.certificate, self.key = certificate, key
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._loaded = self._state()
        try:
            self._load()
        except OSError as error:  # it names no file
            raise ConfigurationError(
                f"--certificate {certificate} and --key {key} must be PEM files of a pair, without a passphrase:"
                f" {error}"
            ) from error

    def refresh(self) -> list[str]:
        """Read the files again where they have changed; return what happened, a sentence each.

        Call it in the thread that shakes hands: openssl does not lock what both use.
        """
        state = self._state()
        if state == self._loaded:
            return []
        self._loaded = state
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(self.certificate, self.key)
            self._load()  # seen to be a pair: half of one would take the context's own away
        except OSError as error:
            return [f"{self.certificate} and {self.key} have changed, and are no pair ({error}): the old one stays"]
        return [f"{self.certificate} was read again: new connections get it"]

    def _load(self) -> None:
        self.context.load_cert_chain(self.certificate, self.key)

    def _state(self) -> tuple[tuple[int, int, int], ...]:
        """Return what shows that the files have changed."""
        try:
            found = [path.stat() for path in (self.certificate, self.key)]
        except OSError:  # they are being replaced
            return ()
        return tuple((each.st_mtime_ns, each.st_size, each.st_ino) for each in found)
