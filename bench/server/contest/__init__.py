"""`python -m bench contest`: our server beside those that users would pick instead, in one interleaved run."""
