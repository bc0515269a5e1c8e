"""Measuring: `test_*.py` are the studies, every other file is the harness that runs and reports them."""

import os

# GNU OpenMP's threads spin for 300 000 turns at the end of every parallel loop. Where another process takes a core
# for a moment, the threads of a small net then burn their time waiting for each other: LeNet-5 on two busy cores
# trained at 180 images/s instead of 2000. With 20 000 turns it costs nothing measurable on idle cores.
# Read when the library is loaded, so it is set before anything imports torch.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")
