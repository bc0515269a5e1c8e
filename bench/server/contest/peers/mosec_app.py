"""Mosec with two workers that batch dynamically; PEER_FORMAT picks JSON or raw bytes as the body."""

import os
from typing import Any

import numpy as np
import onnxruntime as ort
from mosec import Server, Worker


class JsonClassifier(Worker):
    """Classifies the images of up to 32 requests at once; bodies are JSON, Mosec's default."""

    def __init__(self) -> None:
        super().__init__()
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = ort.InferenceSession(os.environ["PEER_MODEL"], options, providers=["CPUExecutionProvider"])

    def classify(self, requests: list[np.ndarray]) -> list[np.ndarray]:
        """Runs the model once, returns the logits of each request."""
        (logits,) = self.session.run(["logits"], {"image": np.concatenate(requests)})
        return np.split(logits, np.cumsum([len(request) for request in requests])[:-1])

    def forward(self, data: list[dict[str, Any]]) -> list[Any]:
        """Reads the nested lists of each JSON body and answers with lists."""
        requests = [np.array(request["image"], np.uint8) for request in data]
        return [{"logits": logits.tolist()} for logits in self.classify(requests)]


class RawClassifier(JsonClassifier):
    """The same with raw bodies: uint8 pixels in, float32 logits out."""

    resp_mime_type = "application/octet-stream"

    def deserialize(self, data: bytes) -> np.ndarray:
        """Views the body as images."""
        return np.frombuffer(data, np.uint8).reshape(-1, 1, 28, 28)

    def forward(self, data: list[np.ndarray]) -> list[np.ndarray]:
        """Runs the model."""
        return self.classify(data)

    def serialize(self, data: np.ndarray) -> bytes:
        """Answers with the logits' bytes."""
        return data.tobytes()


if __name__ == "__main__":
    os.environ |= {"MOSEC_ADDRESS": "127.0.0.1", "MOSEC_PORT": os.environ["PEER_PORT"]}
    server = Server()
    worker = {"json": JsonClassifier, "raw": RawClassifier}[os.environ.get("PEER_FORMAT", "json")]
    server.append_worker(worker, num=2, max_batch_size=32, max_wait_time=1)
    server.run()
