"""`python -m bench.fire`: the server where things go wrong: overload, broken requests, stops, swaps, slow clients."""
