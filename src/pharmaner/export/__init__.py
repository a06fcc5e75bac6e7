"""A model folder of torch to one of ONNX, checked against it."""
