"""Tests of grouping, summarising and comparing records."""

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.files import slug
from bench.harness.stats.verdict import HELD_BACK
from tests.bench.conftest import MakeRecord


def test_arms_are_compared_with_their_baseline(make_record: MakeRecord) -> None:
    """The difference of a comparison is the arm's accuracy less the baseline's."""
    records = [make_record(arm, seed, accuracy=a, order=o) for o, (arm, a) in enumerate(ARMS) for seed in range(5)]

    comparison = analyse(records)[0].comparisons[0]

    judged = {row.arm.name: row.judgement for row in comparison.rows}
    assert judged["base"] is None
    assert judged["better"] is not None
    assert abs(judged["better"].difference.effect - 0.3) < 1e-9


ARMS = (("base", 0.6), ("better", 0.9))


def test_baseline_comes_first_and_others_in_their_order(make_record: MakeRecord) -> None:
    """Rows stand in the study's order behind the baseline, whatever order they were run in."""
    records = [make_record(arm, 0, order=order) for arm, order in (("late", 2), ("early", 0), ("base", 1))]

    rows = analyse(records)[0].comparisons[0].rows

    assert [row.arm.name for row in rows] == ["base", "early", "late"]


def test_settings_are_never_merged(make_record: MakeRecord) -> None:
    """Trials on one and on two threads are two results, each with its own."""
    records = [make_record("base", seed, threads=threads) for threads in (1, 2) for seed in range(3)]

    results = analyse(records)

    assert [(result.setting.threads, len(result.records)) for result in results] == [(1, 3), (2, 3)]


def test_newest_setting_has_no_variant_and_others_say_how_they_differ(make_record: MakeRecord) -> None:
    """The newest setting keeps the plain file names."""
    old = make_record("base", 0, threads=1, finished="2025-01-01T00:00:00+00:00")
    new = make_record("base", 0, threads=2, finished="2026-01-01T00:00:00+00:00")

    newest, older = analyse([old, new])

    assert newest.variant == ""
    assert older.variant.startswith("threads-1-")


def test_missing_baseline_leaves_no_judgement(make_record: MakeRecord) -> None:
    """An interrupted run may have arms and no baseline."""
    rows = analyse([make_record("better", seed) for seed in range(5)])[0].comparisons[0].rows

    assert [(row.judgement, row.speed_ratio) for row in rows] == [(None, None)]


def test_other_test_images_are_not_compared(make_record: MakeRecord) -> None:
    """Arms that were evaluated on other numbers of images have no paired difference."""
    records = [make_record("base", 0, images=100), make_record("better", 0, images=200)]

    rows = analyse(records)[0].comparisons[0].rows

    assert [row.judgement for row in rows] == [None, None]


def test_correction_counts_every_pair_of_the_study(make_record: MakeRecord) -> None:
    """A pair of another comparison, and one whose baseline is missing, are in the family too."""
    arms = {"base": "base", "better": "base", "worse": "base", "other": "not-run"}
    records = [
        make_record(arm, seed, accuracy=0.8 + 0.05 * (arm == "better"), comparisons=((f"vs {base}", base),))
        for arm, base in arms.items()
        for seed in range(5)
    ]

    rows = {row.arm.name: row for row in analyse(records)[0].comparisons[0].rows}

    judgement = rows["better"].judgement
    assert judgement is not None
    assert judgement.looks is not None
    assert judgement.p_corrected == pytest.approx(3 * judgement.looks.differ / (1 - HELD_BACK))


def corrections(make_record: MakeRecord, *families: int | None) -> list[float]:
    """Return the factor on the p value of the one pair there is; contexts say `families`, the oldest first."""
    records = [
        make_record(arm, seed, accuracy=0.8 + 0.05 * (arm == "better"), finished=f"2026-01-0{day}", context=context)
        for day, family in enumerate(families, start=1)
        for context in [{} if family is None else {"family": family}]
        for arm in ("base", "better")
        for seed in range(5 * day, 5 * day + 5)
    ]
    rows = analyse(records)[0].comparisons[0].rows
    judgements = [row.judgement for row in rows if row.judgement]
    return [
        (judgement.p_corrected or 0) / judgement.looks.differ * (1 - HELD_BACK)
        for judgement in judgements
        if judgement.looks
    ]


@pytest.mark.parametrize(("families", "factor"), [((3,), 3), ((3, 2), 2), ((0,), 1), ((None,), 1)])
def test_correction_counts_the_pairs_of_the_protocol(
    make_record: MakeRecord, families: tuple[int | None, ...], factor: int
) -> None:
    """The newest record says how many; where none does, and never less, those that are there count."""
    assert corrections(make_record, *families) == [pytest.approx(factor)]


def test_arm_takes_part_in_several_comparisons(make_record: MakeRecord) -> None:
    """An arm stands in each of its comparisons."""
    records = [make_record("base", 0, comparisons=(("first", "base"), ("second", "base")))]

    assert [comparison.name for comparison in analyse(records)[0].comparisons] == ["first", "second"]


def test_arm_without_comparison_is_still_shown(make_record: MakeRecord) -> None:
    """A study of one arm has a table."""
    comparison = analyse([make_record("only", 0, comparisons=())])[0].comparisons[0]

    assert [(row.arm.name, row.is_baseline) for row in comparison.rows] == [("only", False)]


def test_diverged_trials_are_counted_and_kept(make_record: MakeRecord) -> None:
    """A diverged trial is in n and in the mean."""
    records = [make_record("base", 0, accuracy=0.9), make_record("base", 1, accuracy=0.1, status="diverged")]

    arm = analyse(records)[0].arms[0]

    assert (arm.diverged, len(arm.records), round(arm.accuracy.mean, 9)) == (1, 2, 0.5)


def test_peak_memory_that_was_never_measured_is_none(make_record: MakeRecord) -> None:
    """Null stays unknown, it does not become 0."""
    assert analyse([make_record("base", 0, peak_memory_mb=None)])[0].arms[0].peak_memory_mb is None


def test_no_records_give_no_results() -> None:
    """An empty folder is no error here."""
    assert analyse([]) == []


def test_seeds_are_in_order_whatever_place_the_arm_had(make_record: MakeRecord) -> None:
    """Trials from before an arm was removed have another place; looks take the seeds in their order all the same."""
    before = [make_record("x", seed, order=2, comparisons=(("main", "base"),)) for seed in range(5)]
    after = [make_record("x", seed, order=1, finished=f"2026-02-0{seed}T00:00:00+00:00") for seed in (5, 6, 7)]
    others = [make_record("base", seed, order=0) for seed in range(8)]
    last = [make_record("last", seed, order=1) for seed in range(8)]

    result = analyse([*before, *others, *last, *after])[0]

    assert {arm.name: arm.seeds for arm in result.arms}["x"] == tuple(range(8))
    assert [arm.name for arm in result.arms] == ["base", "last", "x"]


def test_where_a_rate_was_found_decides_nothing(make_record: MakeRecord) -> None:
    """The same rate, chosen again with today's code, leaves the trials that it trained as they were."""
    definition = make_record().definition
    old = [
        make_record(seed=n, definition={**definition, "learning_rate_from": "x.json, by older code"}) for n in range(5)
    ]
    new = make_record(
        seed=5, definition={**definition, "learning_rate_from": "x.json"}, finished="2026-02-01T00:00:00+00:00"
    )

    (result,) = analyse([*old, new])

    assert (result.arms[0].seeds, result.unused) == ((0, 1, 2, 3, 4, 5), {})


def test_slug_is_safe_in_file_names() -> None:
    """Separators and other letters become hyphens."""
    assert slug("SK x0.2 / ReLU_%") == "sk-x0.2-relu"


def test_slugs_of_other_alphabets_differ() -> None:
    """Names without a single letter of ASCII are not the same file."""
    slugs = {slug("激活"), slug("归一化"), slug("Größe"), slug("Große")}

    assert len(slugs) == 4
    assert all(one.isascii() for one in slugs)
