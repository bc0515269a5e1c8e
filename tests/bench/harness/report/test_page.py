"""Tests of the report as a page."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.results import StudyResult
from bench.harness.report.figures.curves import curves_svg
from bench.harness.report.page import inline, page
from tests.bench.conftest import MakePhase, MakeRecord, labels_of

FIGURES = {"curves": '<svg xmlns="x"><g id="a"/></svg>'}
VOID = {"meta", "img", "br"}


class Outline(HTMLParser):
    """Collects a page's ids and its open elements: balanced HTML closes them all."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember an element."""
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the id of an element without content."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which must be this one."""
        assert self.open.pop() == tag


def no_images(_dataset: str) -> None:
    """Stand for data sets that are not here."""


def images(_dataset: str) -> tuple[np.ndarray, np.ndarray]:
    """Return 200 black test images with the labels that synthetic records have."""
    return np.zeros((200, 1, 4, 4), np.uint8), labels_of(200)


@pytest.fixture(scope="module")
def result(make_record: MakeRecord, make_phase: MakePhase) -> StudyResult:
    """Return a study with a verdict and speeds."""
    records = [make_record("base", seed, accuracy=0.6) for seed in range(5)]
    records += [make_record("other", seed, accuracy=0.9, label="<b>&x</b>") for seed in range(5)]
    return analyse(records, [make_phase({"base": 1000.0, "other": 1000.0})])[0]


@pytest.fixture(scope="module")
def text(result: StudyResult) -> str:
    """Return its report, with images and real figures."""
    return page([result], [{"curves": curves_svg(result)}], images)


def test_page_asks_for_nothing(text: str) -> None:
    """No address and no file: pictures, styles and the script that sorts tables are in the page."""
    assert not re.search(r"https?:|//\w|<script[^>]|<link|@import|\bsrc=\"(?!data:)|url\((?!#)", text)


def test_page_is_balanced(text: str) -> None:
    """Every element that is opened is closed, in order."""
    assert Outline(text).open == []


def test_ids_are_unique(result: StudyResult) -> None:
    """Figures of two settings of a study do not fetch each other's marks."""
    earlier = [replace(record, threads=1, finished="2025-01-01") for record in result.records]
    both = analyse([*result.records, *earlier])
    figures = {"curves": curves_svg(result)}

    ids = Outline(page(both, [figures, figures], no_images)).ids

    assert len(ids) == len(set(ids)) > 0


def test_settings_are_told_apart_by_what_differs(result: StudyResult) -> None:
    """In the list of studies and above each; what they share is not repeated, and one thread is no plural."""
    earlier = [replace(record, threads=1, deterministic=True, finished="2025-01-01") for record in result.records]
    text = page(analyse([*result.records, *earlier]), [FIGURES, FIGURES], no_images)

    assert text.count("Does normalisation help? (threads 2, deterministic no)</") == 2
    assert text.count("Does normalisation help? (threads 1, deterministic yes)</") == 2
    assert text.count("cpu with 1 thread<") == 2


def test_one_setting_needs_no_telling_apart(text: str) -> None:
    """The heading is the question, and a list of one question is left out."""
    assert text.count("Does normalisation help?</") == 1


@pytest.mark.parametrize(
    ("label", "published", "explained"),
    [
        ("other", [], []),
        ("S3's net", [], ["S3"]),
        ("other", [{"value": 98.0, "source": "S4", "note": "as in S0"}], ["S0", "S4"]),
    ],
)
def test_articles_that_are_named_are_explained(
    make_record: MakeRecord, label: str, published: list[dict[str, object]], explained: list[str]
) -> None:
    """A reader of the report alone learns what S3 is, and of no article that it does not name."""
    record = make_record("base", 0, label=label, context={"published": published})

    text = page(analyse([record]), [FIGURES], no_images)

    assert re.findall(r"<b>(S\d)</b>: ", text) == explained


def test_references_point_into_the_page(text: str) -> None:
    """Everything a figure uses is there under its new id."""
    used = set(re.findall(r"(?:href=\"#|url\(#)([^\")]+)", text))

    assert used
    assert used <= set(Outline(text).ids)


def test_labels_are_escaped(text: str) -> None:
    """A label is text, never markup."""
    assert "<b>&x</b>" not in text
    assert "&lt;b&gt;&amp;x&lt;/b&gt;" in text


@pytest.mark.parametrize(
    "part",
    ["Does normalisation help?", "beat base by 30.00 points", "Held fixed: data, epochs", "Test CPU (cpu), 2 threads"],
)
def test_page_says_question_answer_and_conditions(text: str, part: str) -> None:
    """Question, answer, what is held fixed and the conditions are all there."""
    assert part in text


def test_gallery_says_how_it_was_chosen(text: str) -> None:
    """A choice of failures must not pass for a sample."""
    assert "got wrong most often: a choice of failures, not a sample" in text


def test_confusion_of_each_arm_is_there(text: str) -> None:
    """One matrix an arm."""
    assert text.count("label down, prediction across, 5 trials summed</caption>") == 2


def test_every_cell_of_a_confusion_matrix_says_what_it_counts(text: str) -> None:
    """A pointer on a number need not look for its row and column."""
    assert re.search(r'title="label \S+, prediction \S+: \d+">\d+</td>', text)


@pytest.mark.parametrize("part", ["better +30.00<small>[+", "1.00×<small>["])
def test_intervals_can_be_read_without_a_pointer(text: str, part: str) -> None:
    """A phone has no hover: both intervals stand beside their marks."""
    assert part in text.split("<details", maxsplit=1)[0]


def test_what_stands_behind_the_answer_is_folded(text: str) -> None:
    """Tables are one click away, and nothing is open at first."""
    assert "<table" not in text.split("<details", maxsplit=1)[0]
    assert text.count("<table") > 3
    assert "<details open" not in text


def test_right_answers_are_not_said_of_hard_images(text: str) -> None:
    """The label is above; below stands what was said instead of it."""
    said = re.findall(r"label <b>(.*?)</b><br>\nsaid (.*?)<br>", text)

    assert said
    assert not [label for label, answers in said if f"<b>{label}</b>" in answers]


def test_missing_images_are_said(result: StudyResult) -> None:
    """Without the data the report says what to do."""
    text = page([result], [FIGURES], no_images)

    assert "The images of mnist-5k are not at hand here: make the report again with --data-root." in text


def test_other_images_are_said(result: StudyResult) -> None:
    """Images that the trials were not tested on are not shown."""
    text = page([result], [FIGURES], lambda _: (np.zeros((200, 1, 4, 4), np.uint8), np.zeros(200, int)))

    assert "has other test images than these trials were tested on" in text


def test_no_wrong_answer_is_said(make_record: MakeRecord) -> None:
    """A perfect net leaves no gallery."""
    text = page([analyse([make_record("base", 0, accuracy=1.0)])[0]], [FIGURES], images)

    assert "No trial got any test image wrong." in text
    assert "No errors." in text


def test_inline_figure_takes_the_text_colour(result: StudyResult) -> None:
    """In the dark the ink is light and there is no white card."""
    text = inline(curves_svg(result), "x-")

    assert "currentColor" in text
    assert "#1c1e21" not in text
    assert "fill: #ffffff" not in text


def test_inline_figure_has_no_namespace() -> None:
    """Not even an address that nobody fetches is in the page."""
    assert inline(FIGURES["curves"], "x-") == '<svg><g id="x-a"/></svg>'
