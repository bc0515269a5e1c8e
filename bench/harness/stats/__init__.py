"""Differences, intervals, verdicts, and whether they can be trusted. Imports nothing of ours."""
