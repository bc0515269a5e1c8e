"""Tests of bench.commands.pages.sections."""

import pytest

from bench.commands.pages.sections import markers, section_names, with_sections
from bench.harness.errors import UserError

BEGIN, END = markers("speed")
PAGE = f"before\n{BEGIN}\nold\n{END}\nafter\n"


def test_only_the_text_between_the_markers_is_replaced() -> None:
    """Twice is as good as once."""
    once = with_sections(PAGE, {"speed": "new"}, "page.md")

    assert once == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert with_sections(once, {"speed": "new"}, "page.md") == once


def test_sections_are_listed_in_their_order() -> None:
    """A page may have several."""
    begin, end = markers("answers")

    assert section_names(f"{PAGE}{begin}\n{end}\n") == ["speed", "answers"]


@pytest.mark.parametrize("marker", [BEGIN, END])
def test_a_missing_marker_is_named_with_its_page(marker: str) -> None:
    """Without both, nobody knows where the figures belong."""
    with pytest.raises(UserError, match=r"page\.md lacks its markers"):
        with_sections(PAGE.replace(marker, ""), {"speed": "new"}, "page.md")


def test_a_section_that_nothing_writes_is_refused() -> None:
    """Its text would pass for generated, and never change."""
    with pytest.raises(UserError, match=r"page\.md has the section 'speed', which nothing generates"):
        with_sections(PAGE, {}, "page.md")
