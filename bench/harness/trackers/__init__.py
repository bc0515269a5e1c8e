"""Who watches a run: the tracker protocol, and a file for each kind, such as the progress bar."""
