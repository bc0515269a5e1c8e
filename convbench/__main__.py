"""`convbench GROUP`: the studies, the commands, the export and the server, from any folder.

In a checkout, and where that is installed by `pip install -e`, the groups are the folders beside this one. A wheel
carries them inside this package, so that names as common as `models` are not taken from others.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
USAGE = """usage: convbench GROUP [options]      (options: convbench GROUP --help)

groups:
  run         the studies: train, time, judge and report; options as of `pytest bench/`
  bench       every other command: report, compare, train, predict ... alone it lists them
  export      the best checkpoints as ONNX, checked image by image
  serve       answer from the exported models over HTTP"""
USAGE_ERROR = 2
PYTEST = (  # what pyproject.toml says in a checkout
    *("--import-mode=importlib", "--strict-markers", "-p", "no:cacheprovider"),
    *("-o", "markers=speed: measures an arm's speed, when all trials have ended"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Start a group; return its exit status: 2 for an unknown one."""
    words = list(sys.argv[1:] if argv is None else argv)
    _find_groups()
    if words and words[0] in GROUPS:
        return GROUPS[words[0]](words[1:])

    from bench.harness.command import ended  # noqa: PLC0415 - not before a group: it shall start as soon as ever

    return ended(partial(_usage, words))


def _usage(words: Sequence[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        print(USAGE)  # noqa: T201 - the command's output
        return 0

    from bench.harness.errors import unknown  # noqa: PLC0415

    print(f"error: {unknown('group', words[0], GROUPS)}", file=sys.stderr)  # noqa: T201 - as above
    return USAGE_ERROR


def _find_groups() -> None:
    """Let this process, and those that it starts, import the groups."""
    root = str(HERE if (HERE / "bench").is_dir() else HERE.parent)
    if root not in sys.path:
        sys.path.insert(0, root)
    others = os.environ.get("PYTHONPATH")
    if root not in (others or "").split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (root, others)))


def _run(words: list[str]) -> int:
    import pytest  # noqa: PLC0415 - with the group only, as below

    from bench.harness.paths import STUDIES  # noqa: PLC0415

    return int(pytest.main([str(STUDIES), f"--rootdir={Path.cwd()}", *PYTEST, *words]))


def _bench(words: list[str]) -> int:
    from bench.__main__ import main as bench  # noqa: PLC0415

    return bench(words, program="convbench bench")


def _export(words: list[str]) -> int:
    from export.__main__ import main as export  # noqa: PLC0415

    return export(words, program="convbench export")


def _serve(words: list[str]) -> int:
    from serve.__main__ import main as serve  # noqa: PLC0415

    return serve(words, program="convbench serve")


GROUPS: Mapping[str, Callable[[list[str]], int]] = {"run": _run, "bench": _bench, "export": _export, "serve": _serve}

if __name__ == "__main__":
    sys.exit(main())
