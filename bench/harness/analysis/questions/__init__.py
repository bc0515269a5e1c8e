"""Analyses that only some questions need: published numbers, early stopping, two changes together, leaderboards."""
