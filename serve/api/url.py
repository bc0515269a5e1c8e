"""A request's URL, read: a path, or a model with what is wanted of it."""

import re
from functools import lru_cache
from typing import NamedTuple

ABSOLUTE = re.compile(r"^https?://[^/?]*", re.IGNORECASE)  # as proxies ask


class Target(NamedTuple):
    """A URL in its parts.

    Attributes:
        path: the URL without its query.
        query: the text behind the question mark, as it came.
        parts: the words of the path, between the slashes.
        model: the model's name, nothing where the URL names none.
        number: the version's number, None where the URL names none.
        action: the task for the model, such as `infer`; nothing for its metadata.
    """

    path: str
    query: str
    parts: tuple[str, ...]
    model: str = ""
    number: str | None = None
    action: str = ""


@lru_cache(maxsize=256)  # the few URLs that services use all day; others cost a parse
def target(url: bytes) -> Target:
    """Return the parts of a URL."""
    path, _, query = ABSOLUTE.sub("", url.decode("latin-1"), count=1).partition("?")
    parts = tuple(path.strip("/").split("/"))
    match parts:
        case ("v2", "models", "stats"):
            return Target(path, query, parts)
        case ("v2", "models", name, "versions", number, *rest):
            return Target(path, query, parts, name, number, "/".join(rest))
        case ("v2", "models", name, *rest):
            return Target(path, query, parts, name, None, "/".join(rest))
        case _:
            return Target(path, query, parts)
