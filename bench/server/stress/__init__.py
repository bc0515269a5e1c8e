"""`python -m bench stress`: the server where things go wrong: overload, broken requests, stops, swaps, slow clients."""
