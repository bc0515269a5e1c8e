"""The machine: device, memory, clocks, timing in turns, and the conditions that a record states."""
