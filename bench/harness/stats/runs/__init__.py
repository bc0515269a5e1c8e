"""Whether two runs of the same arms differ, and by more than a margin: pure functions over arrays."""
