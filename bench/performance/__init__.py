"""convbench's own speed: one file per measurement."""
