"""MLServer with adaptive batching in one process; run as a program it becomes `mlserver start`."""

import json
import os
import socket
import sys
import tempfile
from pathlib import Path

import onnxruntime as ort
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Classifier(MLModel):
    """Classifies the images of up to 32 requests at once, which MLServer merges."""

    async def load(self) -> bool:
        """Loads the model with onnxruntime's default options."""
        self.session = ort.InferenceSession(os.environ["PEER_MODEL"], providers=["CPUExecutionProvider"])
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Runs the model."""
        images = NumpyCodec.decode_input(payload.inputs[0])
        (logits,) = self.session.run(["logits"], {"image": images})
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("logits", logits)])


def free_port() -> int:
    """Finds a port for a listener that the benchmark does not use (gRPC, metrics)."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def write_settings(folder: Path) -> None:
    """Writes what `mlserver start` reads."""
    settings = {
        "host": "127.0.0.1",
        "http_port": int(os.environ["PEER_PORT"]),
        "grpc_port": free_port(),
        "metrics_port": free_port(),
        "parallel_workers": 0,
        "debug": False,  # True, the default, logs every request
    }
    model = {
        "name": "classifier",
        "implementation": "mlserver_app.Classifier",
        "max_batch_size": 32,
        "max_batch_time": 0.002,
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "model-settings.json").write_text(json.dumps(model))


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    folder = Path(tempfile.mkdtemp(prefix="mlserver-"))
    write_settings(folder)
    os.chdir(folder)  # MLServer creates folders where it is started
    command = [sys.executable, "-m", "mlserver.cli.main", "start", str(folder)]
    os.execve(sys.executable, command, os.environ | {"PYTHONPATH": str(here)})  # noqa: S606  # a fixed command
