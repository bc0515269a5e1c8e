"""Other sites' pages that may ask: cross-origin resource sharing, as https://fetch.spec.whatwg.org/ has it."""

import re
from collections.abc import Mapping

ANY = "*"
ORIGIN = re.compile(r"https?://[^/\s]+")
LETS_READ = {
    "access-control-expose-headers": "inference-header-content-length, retry-after, server-timing, x-request-id"
}
LETS_ASK = {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "authorization, content-type, inference-header-content-length, x-request-id",
    "access-control-max-age": "600",
}


class Cors:
    """The origins whose pages may ask, such as https://example.org.

    Args:
        origins: as browsers write them; "*": every one.
    """

    def __init__(self, origins: tuple[str, ...] = ()) -> None:
        self.origins = origins

    def headers(self, request: Mapping[bytes, bytes]) -> dict[str, str]:
        """Return what an answer's headers have so that a page may read it, nothing where it may not."""
        origin = request.get(b"origin", b"").decode("latin-1")
        if not origin or not {origin, ANY}.intersection(self.origins):
            return {}
        allowed = ANY if ANY in self.origins else origin
        return {"access-control-allow-origin": allowed, "vary": "origin", **LETS_READ}

    @staticmethod
    def is_question(method: str, request: Mapping[bytes, bytes]) -> bool:
        """Return whether a browser asks, before its page's request and without a token, whether it may be sent."""
        return method == "OPTIONS" and b"access-control-request-method" in request
