"""The studies of bench/: every file test_<topic>.py with a STUDY."""

import importlib

from bench.harness.errors import UserError, unknown
from bench.harness.paths import STUDIES
from bench.harness.study.study import Study


def load_studies(names: str | None = None) -> list[Study]:
    """Return the studies of this folder, all or those named `a,b`.

    Raises:
        UserError: an unknown name.
    """
    modules = [importlib.import_module(f"bench.{path.stem}") for path in sorted(STUDIES.glob("test_*.py"))]
    known = {module.STUDY.name: module.STUDY for module in modules if isinstance(getattr(module, "STUDY", None), Study)}
    wanted = names.split(",") if names else list(known)
    for name in wanted:
        if name not in known:
            raise UserError(unknown("study", name, known))
    return [known[name] for name in wanted]
