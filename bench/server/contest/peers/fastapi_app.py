"""FastAPI as in its tutorial: one process, a synchronous endpoint, pydantic lists, default onnxruntime options."""

import os

import numpy as np
import onnxruntime as ort
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
session = ort.InferenceSession(os.environ["PEER_MODEL"], providers=["CPUExecutionProvider"])


class Images(BaseModel):
    """n images of shape (1, 28, 28), pixels 0 to 255."""

    image: list[list[list[list[int]]]]


class Logits(BaseModel):
    """A row of 10 logits for each image."""

    logits: list[list[float]]


@app.post("/predict")
def predict(images: Images) -> Logits:
    """Classifies the images of one request."""
    (logits,) = session.run(["logits"], {"image": np.array(images.image, np.uint8)})
    return Logits(logits=logits.tolist())


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PEER_PORT"]), access_log=False)
