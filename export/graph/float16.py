"""float16, for GPUs: weights and arithmetic in half precision, inputs, outputs and long sums as they are."""

import onnx
import onnxruntime
import torch

FLOAT32 = ("LRN", "Softmax", "GlobalAveragePool", "ReduceMean", "ReduceSum", "Pow")  # sums that half precision spoils


def converted(proto: onnx.ModelProto) -> onnx.ModelProto:
    """Return the float16 form of a float32 graph, which is left as it was."""
    from onnxruntime.transformers.float16 import (  # noqa: PLC0415 - loads much that the CPU does not need
        DEFAULT_OP_BLOCK_LIST,
        convert_float_to_float16,
    )

    copy = onnx.ModelProto()
    copy.CopyFrom(proto)
    converted: onnx.ModelProto = convert_float_to_float16(
        copy, keep_io_types=True, op_block_list=[*DEFAULT_OP_BLOCK_LIST, *FLOAT32]
    )
    return converted


def cuda_available() -> bool:
    """Return whether a GPU is there that onnxruntime could use."""
    return torch.cuda.is_available() and "CUDAExecutionProvider" in onnxruntime.get_available_providers()
