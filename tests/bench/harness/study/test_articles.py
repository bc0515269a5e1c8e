"""Tests of bench.harness.study.articles."""

import pytest

from bench.harness.study.articles import ARTICLES, cited
from bench.harness.study.discovery import load_studies
from bench.harness.study.study import Study


def test_only_the_articles_that_are_named_are_explained() -> None:
    """Each once, in their order, whatever stands around the name; S33 and S9 are no articles."""
    assert cited(["LeNet-5, S3's SGD", "S1", "S33, S9", "(S3)"]) == [f"S1: {ARTICLES['S1']}", f"S3: {ARTICLES['S3']}"]


@pytest.mark.parametrize("study", load_studies(), ids=lambda study: str(study.name))
def test_every_committed_source_is_explained(study: Study) -> None:
    """No number is attributed to a name that nobody can look up."""
    arms = [arm for protocol in study.protocols.values() for arm in protocol.arms]

    assert {entry.source for arm in arms for entry in arm.published} <= set(ARTICLES)
