"""The parts of conftest.py: tests, rows and lines of a run in pytest and pytest-benchmark."""
