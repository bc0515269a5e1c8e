"""The server's certificate, read again when its files change: it is renewed while the server runs."""

import ssl
from pathlib import Path

from serve.errors import ConfigurationError
from serve.security.changed_files import Watched, read_bytes


class Certificate:
    """A certificate with its key, in PEM files, and the context that answers with it.

    Attributes:
        pem: certificate and key as they were last read, for libraries that make a context of their own.

    Args:
        certificate: with the chain of those who signed it.
        key: without a passphrase.

    Raises:
        ConfigurationError: they cannot be read, or are no pair.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self.certificate, self.key = certificate, key
        self._files = Watched(certificate, key)
        try:
            self.context = self._current = self._read()
        except OSError as error:  # it names no file
            raise ConfigurationError(
                f"--certificate {certificate} and --key {key} must be PEM files of a pair, without a passphrase:"
                f" {error}"
            ) from error
        self.context.sni_callback = self._answer_with_the_current

    def refresh(self) -> list[str]:
        """Read the files again where they have changed; return what happened, a sentence each."""
        if not self._files.changed():
            return []
        try:
            self._current = self._read()
        except OSError as error:
            return self._files.failed(
                f"{self.certificate} and {self.key} have changed, and are no pair ({error}): the old one stays"
            )
        return [f"{self.certificate} was read again: new connections get it"]

    def _read(self) -> ssl.SSLContext:
        """Return a new context: one that is read into again keeps the old pair where the new one's kind differs."""
        pem = read_bytes(self.certificate), read_bytes(self.key)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key, password=lambda: "")  # nobody is asked for a passphrase
        self.pem = pem
        return context

    def _answer_with_the_current(self, connection: ssl.SSLSocket | ssl.SSLObject, _: str | None, __: object) -> None:
        """Change the context of a handshake: the listener's own cannot be changed."""
        connection.context = self._current
