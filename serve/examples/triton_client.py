"""Infer with Triton's client, pixels as bytes: python serve/examples/triton_client.py MODEL GOLDEN.npz [HOST]."""

import os
import sys

import numpy as np
import tritonclient.http as triton

if len(sys.argv) < 3:
    sys.exit(__doc__)
model, golden = sys.argv[1:3]
address = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1:8000"
token = os.environ.get("CONVBENCH_TOKEN")
headers = {"Authorization": f"Bearer {token}"} if token else {}

with np.load(golden) as stored:
    images = stored["image"]  # uint8 (n, channels, height, width)
tensor = triton.InferInput("image", list(images.shape), "UINT8")
tensor.set_data_from_numpy(images)
answer = triton.InferenceServerClient(address).infer(model, [tensor], headers=headers)
print(*answer.as_numpy("probabilities").argmax(axis=1))
