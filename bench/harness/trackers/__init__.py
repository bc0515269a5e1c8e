"""Who watches a run: the progress bar."""
