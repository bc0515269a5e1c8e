"""LitServe with two workers on the CPU and without batching."""

import os
from typing import Any

import litserve as ls
import numpy as np
import onnxruntime as ort


class Classifier(ls.LitAPI):
    """Classifies the images of one request at a time."""

    def setup(self, device: str) -> None:  # noqa: ARG002  # LitServe passes it, "cpu"
        """Loads the model, once in each worker."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = ort.InferenceSession(os.environ["PEER_MODEL"], options, providers=["CPUExecutionProvider"])

    def decode_request(self, request: dict[str, Any]) -> np.ndarray:
        """Reads the nested lists of the JSON body."""
        return np.array(request["image"], np.uint8)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Runs the model."""
        return self.session.run(["logits"], {"image": images})[0]

    def encode_response(self, logits: np.ndarray) -> dict[str, Any]:
        """Makes the JSON answer."""
        return {"logits": logits.tolist()}


if __name__ == "__main__":
    server = ls.LitServer(Classifier(), accelerator="cpu", workers_per_device=2)
    server.uvicorn_graceful_timeout = 1  # seconds; requests whose worker SIGTERM took would hold the server for 30
    server.run(host="127.0.0.1", port=int(os.environ["PEER_PORT"]), generate_client_file=False, access_log=False)
