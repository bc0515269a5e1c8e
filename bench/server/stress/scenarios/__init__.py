"""A file a scenario."""
