"""The gate: the form an ONNX file must have and the answers it must give before it is published."""
