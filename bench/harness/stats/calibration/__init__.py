"""Simulated studies whose truth is known: whether verdicts and intervals keep their promises."""
