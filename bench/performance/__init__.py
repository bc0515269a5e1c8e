"""convbench's own speed: a file a measurement."""
