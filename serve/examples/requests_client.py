"""Infer with numpy and requests, pixels as JSON: python serve/examples/requests_client.py MODEL GOLDEN.npz [URL]."""

import os
import sys

import numpy as np
import requests

if len(sys.argv) < 3:
    sys.exit(__doc__)
model, golden = sys.argv[1:3]
url = sys.argv[3] if len(sys.argv) > 3 else "http://127.0.0.1:8000"
token = os.environ.get("CONVBENCH_TOKEN")
headers = {"Authorization": f"Bearer {token}".encode()} if token else {}

with np.load(golden) as stored:
    images = stored["image"]  # uint8 (n, channels, height, width)
tensor = {"name": "image", "datatype": "UINT8", "shape": images.shape, "data": images.ravel().tolist()}
question = {"inputs": [tensor], "outputs": [{"name": "probabilities"}]}
answer = requests.post(f"{url}/v2/models/{model}/infer", json=question, headers=headers, timeout=10)
if not answer.ok:
    sys.exit(answer.json()["error"])
(output,) = answer.json()["outputs"]
probabilities = np.reshape(output["data"], output["shape"])
print(*probabilities.argmax(axis=1))
