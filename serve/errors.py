"""A refusal as a client is told of it: an HTTP status and one sentence, as {"error": "..."}."""

from collections.abc import Mapping

LATE = "the deadline passed before there was an answer"


class RequestError(Exception):
    """A request that is not answered as asked.

    Attributes:
        status: HTTP's status, 400 to 599.
        headers: beside the usual ones, such as Retry-After.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.status, str(self), self.headers)


class ConfigurationError(ValueError):
    """A server that cannot be started as asked; the message says what to do."""
