"""The record that a trial leaves, one JSON line, and the folder of such lines."""
