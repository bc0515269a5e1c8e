"""Who may ask: bearer tokens, one kind for inference and one for administration, compared in constant time."""

import hmac
from collections.abc import Mapping, Sequence

from serve.errors import RequestError

CHALLENGE = {"www-authenticate": "Bearer"}


class Access:
    """The tokens that are taken.

    Args:
        tokens: for inference and everything that reads; none: everybody may.
        administrators: for loading and unloading; none: nobody may.
    """

    def __init__(self, tokens: Sequence[str] = (), administrators: Sequence[str] = ()) -> None:
        self.change(tokens, administrators)

    def change(self, tokens: Sequence[str], administrators: Sequence[str]) -> None:
        """Take these tokens from now on."""
        self._tokens = [token.encode() for token in tokens]
        self._administrators = [token.encode() for token in administrators]

    @property
    def open(self) -> bool:
        """Whether everybody may ask."""
        return not self._tokens

    def check(self, headers: Mapping[bytes, bytes], *, administrator: bool = False) -> None:
        """Let a request pass or refuse it.

        Raises:
            RequestError: 401, no or a wrong token; 403, administration without a token for it.
        """
        if administrator:
            if not self._administrators:
                raise RequestError(403, "this server has no administrator's token: start it with --admin-tokens")
            if not _matches(headers, self._administrators):
                raise RequestError(403, "loading and unloading need the administrator's token")
        elif self._tokens and not _matches(headers, [*self._tokens, *self._administrators]):
            if b"authorization" in headers:
                raise RequestError(401, "this token is not one of the server's", CHALLENGE)
            raise RequestError(401, "a bearer token is needed: send `Authorization: Bearer TOKEN`", CHALLENGE)


def _matches(headers: Mapping[bytes, bytes], tokens: Sequence[bytes]) -> bool:
    kind, _, token = headers.get(b"authorization", b"").partition(b" ")
    given = token.strip() if kind.lower() == b"bearer" else b""
    known = False
    for accepted in tokens:  # all of them, so that the time does not tell which
        known |= hmac.compare_digest(given, accepted)
    return known and bool(given)
