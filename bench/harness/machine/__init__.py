"""The machine: device, memory, clocks, conditions."""
