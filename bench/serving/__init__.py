"""`python -m bench.serving`: our server beside those that users would pick instead, in one interleaved run."""
