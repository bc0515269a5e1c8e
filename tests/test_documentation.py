"""What the documentation promises is there: options, commands, files, and the committed results."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

from bench.commands import docs
from bench.harness.run.options import add_options
from bench.harness.study.articles import ARTICLES
from export.benchmark_table import benchmark_table

PROJECT = Path(__file__).resolve().parent.parent
README = (PROJECT / "README.md").read_text("utf-8")
CONTRIBUTING = (PROJECT / "CONTRIBUTING.md").read_text("utf-8")


def option_names() -> list[str]:
    """Return every option that `pytest bench/` declares."""
    names: list[str] = []
    add_options(lambda *flags, **_: names.extend(flags))
    return names


@pytest.mark.parametrize("name", option_names())
def test_option_is_documented(name: str) -> None:
    """README names every option of a run."""
    assert f"`{name}" in README


@pytest.mark.parametrize("module", sorted(set(re.findall(r"python -m ((?:bench\.|export)\w*)", README + CONTRIBUTING))))
def test_command_exists(module: str) -> None:
    """Every command that is named can be run."""
    assert importlib.util.find_spec(module) is not None


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make (\w+)", README + CONTRIBUTING))))
def test_make_target_exists(target: str) -> None:
    """Every target that is named is in the Makefile."""
    assert re.search(rf"^{target}:", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_files_are_explained() -> None:
    """CONTRIBUTING's tables name files that exist, and every file of export/ and serve/."""
    named = set(re.findall(r"`(\w+\.py)`", CONTRIBUTING)) - {"utils.py"}  # named as what must not be
    later = {path.name for folder in ("export", "serve") for path in (PROJECT / folder).glob("[a-z]*.py")}

    assert named <= {path.name for path in (PROJECT / "bench").glob("*.py")} | later
    assert later <= named


@pytest.mark.parametrize("name", ARTICLES)
def test_readme_says_what_an_article_is(name: str) -> None:
    """README and the report describe each article in the same words."""
    assert f"- {name}: {ARTICLES[name]}\n" in README


def test_readme_shows_the_committed_results() -> None:
    """The figures in README are those of the committed records and speeds, digit by digit."""
    docs.main(["--check"])


def test_the_exports_table_is_that_of_its_figures() -> None:
    """export/evidence/benchmark.md, digit by digit."""
    folder = PROJECT / "export" / "evidence"
    content = json.loads((folder / "benchmark.json").read_text("utf-8"))

    assert (folder / "benchmark.md").read_text("utf-8") == benchmark_table(content) + "\n"
