"""SHIPPING: the best checkpoints of a run as ONNX files that answer exactly as in the table."""

import os

# onnxruntime's official builds send names and sums of models and how they are used to its makers, from 1.29 on Linux
# too. Read when the library is loaded; ORT_DISABLE_TELEMETRY=0 in the environment leaves it on.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
