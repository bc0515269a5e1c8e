"""The model repository's files. The server imports `layout` and `golden` alone."""
