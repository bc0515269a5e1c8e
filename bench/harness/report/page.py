"""Lays the results out as one HTML page that needs no other file and no network; its one script sorts tables."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from bench.harness.analysis.arm_settings import definitions
from bench.harness.analysis.conditions import HASH_LETTERS, conditions, threads
from bench.harness.analysis.confusion import confusion
from bench.harness.analysis.hard_images import LoadImages, hardest
from bench.harness.analysis.results import StudyResult
from bench.harness.files import slug
from bench.harness.number_format import counted
from bench.harness.records.record import ID_LETTERS
from bench.harness.records.setting import Setting
from bench.harness.report.answers import study_answers
from bench.harness.report.figures.canvas import INK, PAPER
from bench.harness.report.legends import COSTS, HOW_TO_READ, TARGETS
from bench.harness.report.notes import notes, surviving
from bench.harness.report.overview import Overview, overviews
from bench.harness.report.tables import tables
from bench.harness.study.articles import cited

TEMPLATE = Path(__file__).parent / "template"
CAPTIONS = {
    "curves": "Learning curves: lines are means over the seeds, bands reach from the lowest to the highest seed. "
    "Training loss is the running mean over an epoch's own batches; a loss that was not finite is left out.",
    "throughput": "Test accuracy against training throughput: means with 95 % intervals in both directions "
    "(none with one seed).",
    "trend": "Test accuracy, and the time to train at the measured speed, against the number in which the arms differ: "
    "means with 95 % intervals. A curve is a power law fitted to the errors.",
    "rates": "Trainings that the learning rates were chosen by: means over seeds that no trial uses, on validation "
    "images. Large marks could not be told from the best rate (one standard error), the ringed one, their middle, was "
    "taken. More than 10 points below the best is cut off.",
}
ONE_POINT = 0.01
Figures = Mapping[str, str]


def page(
    results: Sequence[StudyResult],
    figures: Sequence[Figures],
    load_images: LoadImages,
    exported: Mapping[str, str] | None = None,
) -> str:
    """Return the report as HTML.

    Args:
        results: as `bench.harness.analysis.analyse.analyse` gives them, at least one.
        figures: figures of each result, SVG by a name in CAPTIONS.
        load_images: returns the test images and labels of a data set by name, None where they are not at hand.
        exported: the model that a trial became, such as `lrn_none version 1`, by the id of its record.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(part("report.html.j2"))
    protocols = " and ".join(dict.fromkeys(result.setting.protocol for result in results))
    targeted = any(result.target_training_error is not None for result in results)
    return template.render(
        heading=f"convbench: {protocols} protocol",
        extent=_extent(results),
        survival=surviving(results),
        how_to_read=[*HOW_TO_READ, COSTS, *([TARGETS] if targeted else [])],
        style=Markup(part("report.css")),  # noqa: S704 - our own file
        script=Markup(part("sort.js")),  # noqa: S704 - our own file
        studies=[
            {
                **_study(result, _heading(result, results), overview, drawn, load_images),
                "exported": _exported(result, exported or {}),
            }
            for result, overview, drawn in zip(results, overviews(results), figures, strict=True)
        ],
    )


def part(name: str) -> str:
    """Return a file of the pages' templates."""
    return (TEMPLATE / name).read_text("utf-8")


def _extent(results: Sequence[StudyResult]) -> str:
    """Return how much there is, such as `50 trials, 2 studies`."""
    counts = {
        "trial": sum(len(result.records) for result in results),
        "study": len({result.study for result in results}),
        "setting": len({result.setting for result in results}),
    }
    return ", ".join(counted(count, name, "studies" if name == "study" else None) for name, count in counts.items())


def _texts(result: StudyResult) -> Iterator[str]:
    """Yield the words in which a study may name an article."""
    yield from (result.question, result.held_fixed)
    yield from (comparison.title for comparison in result.comparisons)
    for arm in result.arms:
        yield arm.label
        yield from (f"{entry['source']} {entry['note']}" for entry in arm.published)


def _heading(result: StudyResult, results: Sequence[StudyResult]) -> str:
    """Return the question and, where it was asked under several settings, what sets this one apart from the others."""
    settings = {other.setting for other in results if other.study == result.study}
    differing = [name for name in Setting._fields if len({getattr(setting, name) for setting in settings}) > 1]
    words = ", ".join(f"{name.replace('_', ' ')} {_short(name, result.setting)}" for name in differing)
    return f"{result.question} ({words})" if words else result.question


def _short(name: str, setting: Setting) -> str:
    value = getattr(setting, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)[:HASH_LETTERS] if name == "data_sha256" else str(value)


def _study(
    result: StudyResult, heading: str, overview: Overview, figures: Figures, load_images: LoadImages
) -> dict[str, Any]:
    name = identifier(result)
    gallery, gallery_note = _gallery(result, load_images)
    return {
        "id": name,
        "heading": heading,
        "overview": overview,
        "articles": cited(_texts(result)),
        "where": _where(result),
        "answers": study_answers(result),
        "held_fixed": result.held_fixed,
        "margin": f"{100 * result.margin:g} point{'' if result.margin == ONE_POINT else 's'} of accuracy",
        "comparisons": [
            {"title": comparison.title, "tables": tables(result, comparison), "notes": notes(result, comparison)}
            for comparison in result.comparisons
        ],
        "figures": [
            {"title": kind, "svg": inline(svg, f"{name}-{kind}-"), "caption": CAPTIONS[kind]}
            for kind, svg in figures.items()
        ],
        "gallery": gallery,
        "gallery_note": gallery_note,
        "confusions": [confusion(arm) for arm in result.arms],
        "definitions": definitions(result),
        "conditions": conditions(result),
    }


def _exported(result: StudyResult, models: Mapping[str, str]) -> list[str]:
    """Return a line for every trial that was exported: its arm and seed, its record and its model."""
    return [
        f"{arm.label}, seed {record.seed}: {models[record.record_id]} (record {record.record_id[:ID_LETTERS]})"
        for arm in result.arms
        for record in arm.records
        if record.record_id in models
    ]


def identifier(result: StudyResult) -> str:
    """Return the study's name as an HTML id and a file name, with how its setting differs from the newest one."""
    return "-".join(filter(None, (slug(result.study), result.variant)))


def _where(result: StudyResult) -> str:
    setting = result.setting
    reduced = ", reduced" if setting.reduced else ""
    return f"{result.study}: {setting.dataset}, {setting.device} with {threads(setting)}{reduced}"


def _gallery(result: StudyResult, load_images: LoadImages) -> tuple[list[Any], str]:
    """Return the hardest images, or none and why."""
    test_images = load_images(result.setting.dataset)
    if test_images is None:
        return (
            [],
            f"The images of {result.setting.dataset} are not at hand here: make the report again with --data-root.",
        )
    try:
        return hardest(result, *test_images), "No trial got any test image wrong."
    except ValueError:
        return [], f"The {result.setting.dataset} at hand has other test images than these trials were tested on."


def inline(svg: str, prefix: str) -> Markup:
    """Return a figure as part of a page: ids of its own, ink in the text's colour, no background, no namespace."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg)
    svg = re.sub(r'(\bid="|"#|url\(#)', rf"\g<1>{prefix}", svg)
    return Markup(svg.replace(INK, "currentColor").replace(f"fill: {PAPER}", "fill: none"))  # noqa: S704 - Matplotlib's own
