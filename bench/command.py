"""What the commands share: one-line errors, the studies of the folder, NAME=VALUE options."""

import ast
import functools
import importlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ParamSpec

from bench.errors import UserError
from bench.names import unknown
from bench.study import Study

FOLDER = Path(__file__).parent
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
    options = sys.modules.get("models.options")
    return () if options is None else (options.ModelError,)


def _fail(message: str, code: int) -> int:
    print(f"error: {message}", file=sys.stderr)  # noqa: T201 - a command's own error
    return code


def load_studies(names: str | None = None) -> list[Study]:
    """Return the studies of this folder, all or those named `a,b`.

    Raises:
        UserError: an unknown name.
    """
    modules = [importlib.import_module(f"bench.{path.stem}") for path in sorted(FOLDER.glob("test_*.py"))]
    known = {module.STUDY.name: module.STUDY for module in modules if isinstance(getattr(module, "STUDY", None), Study)}
    wanted = names.split(",") if names else list(known)
    for name in wanted:
        if name not in known:
            raise UserError(unknown("study", name, known))
    return [known[name] for name in wanted]


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
