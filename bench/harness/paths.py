"""Where the project keeps what it reads and writes: the one place that counts folders upwards."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
STUDIES = PROJECT / "bench"  # the files named test_<topic>.py
EVIDENCE = STUDIES / "evidence"
COMMITTED_RECORDS = EVIDENCE / "quick" / "records.jsonl"
CHOSEN_RATES = EVIDENCE / "tuning"
