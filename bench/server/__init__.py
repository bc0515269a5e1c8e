"""The inference server, measured."""
