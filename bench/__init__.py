"""Measuring: `test_*.py` are the studies, every other file is the harness that runs and reports them."""

import os

# GNU OpenMP's threads spin for 300 000 turns at the end of every parallel loop. Where another process takes a core
# for a moment, the threads of a small net then burn their time waiting for each other: LeNet-5 on two busy cores
# trained at 180 images/s instead of 2000. With 20 000 turns it costs nothing measurable on idle cores.
# Read when the library is loaded, so it is set before anything imports torch.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")

# onnxruntime's official builds send names and sums of models and how they are used to its makers, from 1.29 on Linux
# too. Read when the library is loaded; ORT_DISABLE_TELEMETRY=0 in the environment leaves it on.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
