"""Single layers: whose kernels are slow, on how many threads and in which memory format."""
