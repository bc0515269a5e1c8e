"""Trials on a Ray cluster: what its nodes are, what they do, what is declared, and how records come home."""
