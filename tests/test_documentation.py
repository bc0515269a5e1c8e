"""Tests of the documentation: everything that README.md, CONTRIBUTING.md and docs/ promise is there, and up to date."""

import ast
import doctest
import importlib
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.commands.index import COMMANDS
from bench.harness.run.options import add_options
from bench.harness.study.articles import ARTICLES
from export.benchmark_table import benchmark_table
from tests.pinned import as_committed

PROJECT = Path(__file__).resolve().parent.parent
DOCS = PROJECT / "docs"
FOLDERS = ("*.md", "docs/*.md", "docs/findings/*.md", "serve/*.md", "bench/**/*.md")
PAGES = sorted(page for pattern in FOLDERS for page in PROJECT.glob(pattern))
TEXTS = {page.relative_to(PROJECT).as_posix(): page.read_text("utf-8") for page in PAGES}
README = TEXTS["README.md"]
CONTRIBUTING = TEXTS["CONTRIBUTING.md"]
EVERYTHING = "\n".join(TEXTS.values())
README_LINES_AT_MOST = 80
MEASURED = re.compile(r"<!-- startup: .*?<!-- end of startup -->", re.DOTALL)  # commands by the names they then had
LINK = re.compile(r"\]\(([^)\s]+)\)")
WITHOUT_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def option_names() -> list[str]:
    """Return every option that `pytest bench/` declares."""
    names: list[str] = []
    add_options(lambda *flags, **_: names.extend(flags))
    return names


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and Sphinx make them."""
    headings = re.findall(r"^#+ (.+)$", WITHOUT_CODE.sub(lambda code: code[0].replace("\n#", "\n"), text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def links() -> list[tuple[str, str]]:
    """Return every link that stays inside the project, with the page that has it."""
    return [
        (page, link)
        for page, text in TEXTS.items()
        for link in LINK.findall(WITHOUT_CODE.sub("", text))
        if not link.startswith(("http:", "https:"))
    ]


def python_blocks() -> list[tuple[str, str]]:
    """Return every block of Python, with the page that has it."""
    return [
        (page, block) for page, text in TEXTS.items() for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    ]


@pytest.mark.parametrize("name", option_names())
def test_option_is_documented(name: str) -> None:
    """The page of the options names every option of a run."""
    assert f"| `{name}" in TEXTS["docs/options.md"]


@pytest.mark.parametrize("package", ["export", "serve"])
def test_option_of_another_program_is_documented(package: str) -> None:
    """Every option of `python -m export` and `python -m serve` is named on some page."""
    command = [sys.executable, "-m", package, "--help"]
    page = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own command
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)) - {"--help"}

    assert len(options) > 5
    assert {option for option in options if not re.search(rf"{option}(?![\w-])", EVERYTHING)} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_documented(name: str) -> None:
    """The page of the commands names every command, and says what it does."""
    row = rf"^\| `python -m bench {name}` +\| {re.escape(COMMANDS[name].summary)} "

    assert re.search(row, TEXTS["docs/commands.md"], re.MULTILINE)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"python -m bench ([a-z][\w-]*\w)", EVERYTHING))))
def test_command_of_bench_exists(name: str) -> None:
    """Every command of `python -m bench` that a page names is one."""
    assert name in COMMANDS


@pytest.mark.parametrize(
    "module", sorted(set(re.findall(r"python -m ((?:bench\.|export|serve)(?:\.?\w+)*)", MEASURED.sub("", EVERYTHING))))
)
def test_module_exists(module: str) -> None:
    """Every module that a page starts can be started."""
    assert importlib.util.find_spec(module) is not None


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make (\w+)", EVERYTHING))))
def test_make_target_exists(target: str) -> None:
    """Every target that is named is in the Makefile, with the line that `make` alone prints of it."""
    assert re.search(rf"^{target}:.* ## \w", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize(("page", "link"), links())
def test_link_leads_somewhere(page: str, link: str) -> None:
    """Every link inside the project leads to a file or folder that is there, and to a heading that it has."""
    path, _, anchor = link.partition("#")
    target = (PROJECT / page).parent / path if path else PROJECT / page

    assert target.exists()
    assert not anchor or anchor in anchors(target.read_text("utf-8"))


@pytest.mark.parametrize(("page", "block"), python_blocks(), ids=lambda text: text.partition("\n")[0][:40])
def test_python_block_imports_what_exists(page: str, block: str) -> None:
    """Every block of Python parses, and what it imports from convbench is there."""
    for node in ast.walk(ast.parse(block, page)):
        if isinstance(node, ast.ImportFrom) and node.module and (PROJECT / node.module.split(".")[0]).is_dir():
            module = importlib.import_module(node.module)
            for name in node.names:
                assert hasattr(module, name.name) or importlib.util.find_spec(f"{node.module}.{name.name}")


@pytest.mark.parametrize(
    ("page", "block"),
    [(page, block) for page, text in TEXTS.items() for block in re.findall(r"```pycon\n(.*?)```", text, re.DOTALL)],
    ids=lambda text: text.partition("\n")[0][:40],
)
def test_interactive_example_gives_what_it_shows(
    page: str, block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every interactive example is run, beside a copy of what is committed, and prints what the page shows."""
    (tmp_path / "bench").symlink_to(PROJECT / "bench")
    monkeypatch.chdir(tmp_path)
    parsed = doctest.DocTestParser().get_doctest(block, {}, page, page, 0)

    outcome = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(parsed)

    assert parsed.examples
    assert outcome.failed == 0


def test_readme_fits_on_a_screen() -> None:
    """README is the first page, not the only one."""
    assert len(README.splitlines()) <= README_LINES_AT_MOST


def test_readme_states_the_python_version() -> None:
    """README and the page on running convbench ask for the Python that pyproject.toml asks for."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    version = project["requires-python"].removeprefix(">=")

    assert f"Python {version} or newer" in README
    assert f"Python {version} or newer" in TEXTS["docs/running.md"]


@pytest.mark.parametrize("page", sorted(path.stem for path in DOCS.glob("*.md") if path.stem != "index"))
def test_page_is_reachable(page: str) -> None:
    """Every page is in the table of contents, and README links to it."""
    assert re.search(rf"^{page}$", TEXTS["docs/index.md"], re.MULTILINE)
    assert f"(docs/{page}.md)" in README


def test_folders_are_explained() -> None:
    """CONTRIBUTING's tables name every folder of Python files, and folders that are there."""
    named = set(re.findall(r"^\| `([\w/]+/)` \|", CONTRIBUTING, re.MULTILINE))
    packages = {
        f"{path.parent.relative_to(PROJECT).as_posix()}/"
        for folder in ("images", "models", "bench", "export", "serve")
        for path in (PROJECT / folder).rglob("__init__.py")
    } - {"bench/harness/"}  # explained above its own table

    assert packages <= named
    assert {name for name in named if not (PROJECT / name).is_dir()} == set()


def test_folders_on_readmes_map_exist() -> None:
    """README's map names folders that are there."""
    (tree,) = re.findall(r"## Find your way\n\n((?:    .+\n)+)", README)
    top = re.findall(r"^ {4}(\w+)/", tree, re.MULTILINE)
    inner = re.findall(r"^ {6}(\w+)/", tree, re.MULTILINE)

    assert len(top) > 5
    assert all((PROJECT / name).is_dir() for name in top)
    assert all((PROJECT / "bench" / name).is_dir() for name in inner)


@pytest.mark.parametrize("name", ARTICLES)
def test_page_says_what_an_article_is(name: str) -> None:
    """The page of the results and the report describe each article in the same words."""
    assert f"- {name}: {ARTICLES[name]}\n" in TEXTS["docs/results.md"]


@as_committed
def test_pages_show_the_committed_results() -> None:
    """The figures in README and docs/ are those of the committed records and measurements, digit by digit."""
    assert main(["docs", "--check"]) == 0


def test_the_exports_table_is_that_of_its_figures() -> None:
    """export/evidence/benchmark.md, digit by digit."""
    folder = PROJECT / "export" / "evidence"
    content = json.loads((folder / "benchmark.json").read_text("utf-8"))

    assert (folder / "benchmark.md").read_text("utf-8") == benchmark_table(content) + "\n"


def test_pages_name_no_folder_of_the_machine_that_made_them() -> None:
    """A generated page is the same wherever the checkout lies."""
    assert [page for page, text in TEXTS.items() if str(PROJECT) in text] == []
