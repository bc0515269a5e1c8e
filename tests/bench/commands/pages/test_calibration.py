"""Tests of bench.commands.pages.calibration."""

import json

from bench.commands.pages.calibration import calibration_text
from bench.harness.paths import EVIDENCE


def test_shares_stand_beside_their_promises() -> None:
    """In percent with standard errors, a row per population, and what it was measured with."""
    content = json.loads((EVIDENCE / "calibration.json").read_text("utf-8"))
    share = content["results"]["97 %"]["false tie"]

    text = calibration_text(content)

    assert f"{100 * share['share']:.1f} ± {100 * share['standard_error']:.1f}" in text
    assert text.startswith("| percent ± standard error")
    assert "| false tie " in text
    assert "| 0 to 6 " in text
    assert text.endswith(f"scipy {content['scipy']}; {content['commit'][:12]}</sub>")
