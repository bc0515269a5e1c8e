"""Generated text inside a page that is otherwise written by hand: where a section begins and ends."""

import re
from collections.abc import Mapping

from bench.harness.errors import UserError

_BEGIN = re.compile(r"^<!-- ([a-z-]+): made by `python -m bench docs` -->$", re.MULTILINE)


def markers(name: str) -> tuple[str, str]:
    """Return the two comments between which the section of this name stands."""
    return f"<!-- {name}: made by `python -m bench docs` -->", f"<!-- end of {name} -->"


def section_names(page: str) -> list[str]:
    """Return the names of the sections that a page has, in their order."""
    return _BEGIN.findall(page)


def with_sections(page: str, sections: Mapping[str, str], path: str) -> str:
    """Return the page with these texts in its sections.

    Args:
        page: the whole page, with both markers of every section.
        sections: Markdown by the section's name.
        path: where the page is, for the message.

    Raises:
        UserError: a marker is missing, or the page has a section that nobody writes.
    """
    for name, text in sections.items():
        page = _with_section(page, name, text, path)
    unwritten = [name for name in section_names(page) if name not in sections]
    if unwritten:
        raise UserError(
            f"{path} has the section {unwritten[0]!r}, which nothing generates: remove its markers, "
            "or name it in bench/commands/docs.py"
        )
    return page


def _with_section(page: str, name: str, text: str, path: str) -> str:
    begin, end = markers(name)
    before, has_begin, rest = page.partition(begin)
    _, has_end, after = rest.partition(end)
    if not (has_begin and has_end):
        raise UserError(f"{path} lacks its markers: put {begin} and {end} where the section belongs")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"
