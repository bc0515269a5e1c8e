"""What the commands share: one-line errors, the studies of the folder, NAME=VALUE options."""

import ast
import functools
import sys
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec

from bench.harness.errors import UserError

USAGE_ERROR = 2

P = ParamSpec("P")


def main_guard(main: Callable[P, None]) -> Callable[P, None]:
    """Make a command print a user's error as one line and exit with 2; Ctrl-C exits with 130."""

    @functools.wraps(main)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            main(*args, **kwargs)
        except KeyboardInterrupt:
            sys.exit(_fail("interrupted", 130))
        except Exception as error:
            if not isinstance(error, (UserError, OSError, *_model_errors())):
                raise
            sys.exit(_fail(str(error), USAGE_ERROR))

    return guarded


def _model_errors() -> tuple[type[Exception], ...]:
    """Return the errors of models/, where it was imported: its torch takes seconds that not every command needs."""
    options = sys.modules.get("models.parts.options")
    return () if options is None else (options.ModelError,)


def _fail(message: str, code: int) -> int:
    print(f"error: {message}", file=sys.stderr)  # noqa: T201 - a command's own error
    return code


def parse_assignments(pairs: Iterable[str]) -> dict[str, Any]:
    """Return the options in `name=value` words; values are Python literals, else strings.

    Raises:
        UserError: a word without `=`.
    """
    return dict(_assignment(pair) for pair in pairs)


def _assignment(pair: str) -> tuple[str, Any]:
    name, equals, value = pair.partition("=")
    if not (name and equals):
        raise UserError(f"{pair!r} is not NAME=VALUE: write for example activation=relu or width=0.5")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value
