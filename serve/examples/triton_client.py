"""Infer with Triton's client, pixels as bytes: python serve/examples/triton_client.py MODEL GOLDEN.npz [HOST]."""

import sys

import numpy as np
import tritonclient.http as triton

model, golden = sys.argv[1:3]
address = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1:8000"

with np.load(golden) as stored:
    images = stored["image"]  # uint8 (n, channels, height, width)
tensor = triton.InferInput("image", list(images.shape), "UINT8")
tensor.set_data_from_numpy(images)
answer = triton.InferenceServerClient(address).infer(model, [tensor])
print(*answer.as_numpy("probabilities").argmax(axis=1))
