"""What an ONNX file must look like and answer before it is published."""
