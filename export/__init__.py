"""SHIPPING: the best checkpoints of a run as ONNX files that answer exactly as in the table."""
