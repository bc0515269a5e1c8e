"""BentoML with two workers and adaptive batching; run as a program it becomes `bentoml serve`."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import bentoml
import numpy as np
import onnxruntime as ort
from bentoml.validators import DType, Shape


@bentoml.service(workers=2, logging={"access": {"enabled": False}})
class Classifier:
    """Classifies the images of up to 256 requests at once."""

    def __init__(self) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = ort.InferenceSession(os.environ["PEER_MODEL"], options, providers=["CPUExecutionProvider"])

    @bentoml.api(batchable=True, max_batch_size=256, max_latency_ms=1000)
    def predict(self, image: Annotated[np.ndarray, DType("uint8"), Shape((-1, 1, 28, 28))]) -> np.ndarray:
        """Runs the model; BentoML concatenates the requests' images and splits the logits."""
        return self.session.run(["logits"], {"image": image})[0]


if __name__ == "__main__":
    os.environ |= {"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": tempfile.mkdtemp(prefix="bentoml-")}
    os.chdir(Path(__file__).parent)
    command = [sys.executable, "-m", "bentoml", "serve", "bentoml_app:Classifier"]
    command += ["--host", "127.0.0.1", "--port", os.environ["PEER_PORT"]]
    os.execv(sys.executable, command)  # noqa: S606  # a fixed command
