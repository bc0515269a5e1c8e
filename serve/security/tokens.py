"""Bearer tokens, from files or from the environment; files are read again when they change."""

import os
from pathlib import Path

from serve.errors import ConfigurationError
from serve.security.access import Access
from serve.security.changed_files import Watched, read_bytes

TOKENS, ADMINISTRATORS = "CONVBENCH_TOKENS", "CONVBENCH_ADMIN_TOKENS"


class TokenFiles:
    """Who may ask, as two files say or, in the place of either, an environment variable.

    Args:
        tokens: for inference, a token a line; None: `CONVBENCH_TOKENS`.
        administrators: for loading and unloading; None: `CONVBENCH_ADMIN_TOKENS`.

    Raises:
        ConfigurationError: a file cannot be read, or there is no token where some were announced.
    """

    def __init__(self, tokens: Path | None, administrators: Path | None) -> None:
        self._tokens, self._administrators = tokens, administrators
        self._files = Watched(*(path for path in (tokens, administrators) if path is not None))
        self.access = Access(*self._read())

    def refresh(self) -> list[str]:
        """Read the files again where they have changed; return what happened, a sentence each.

        What cannot be read is said once, and read again at every look: nobody shall keep a token that was withdrawn.
        """
        if not self._files.changed():
            return []
        try:
            tokens, administrators = self._read()
        except ConfigurationError as error:
            return self._files.failed(f"the tokens have changed, and the old ones stay: {error}")
        if self._files.changed():  # while they were read
            self._files.forget()
            return []
        self.access.change(tokens, administrators)
        return ["the tokens were read again"]

    def _read(self) -> tuple[list[str], list[str]]:
        return (
            read_tokens(self._tokens, TOKENS),
            read_tokens(self._administrators, ADMINISTRATORS, "--admin-tokens"),
        )


def read_tokens(path: Path | None, variable: str, option: str = "--tokens") -> list[str]:
    """Return the tokens in a file, a line each but for empty ones and comments, or in an environment variable.

    Args:
        path: path of the file, None for the variable.
        variable: with commas between tokens.
        option: the option that named the file.

    Raises:
        ConfigurationError: the file cannot be read, or there is no token where some were announced.
    """
    given = os.environ.get(variable)
    if path is None and given is None:
        return []
    try:
        words = (given or "").split(",") if path is None else read_bytes(path).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{option} {path} cannot be read: {error}") from error
    tokens = [word.strip() for word in words if word.strip() and not (path and word.strip().startswith("#"))]
    if not tokens:
        source = variable if path is None else f"{option} {path}"
        raise ConfigurationError(f"{source} has no token: everybody could ask; write one, or leave it out")
    return tokens
