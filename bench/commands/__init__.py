"""A file a command of `python -m bench`."""
