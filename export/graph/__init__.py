"""From a net to an ONNX graph."""
