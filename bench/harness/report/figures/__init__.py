"""The figures: learning curves, accuracy against throughput, forest plots."""
