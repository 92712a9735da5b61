"""The two networks that tell speakers apart: PyTorch's checkpoints become ONNX files, once."""
