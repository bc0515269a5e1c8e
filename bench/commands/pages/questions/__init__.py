"""Tables that only some questions have."""
