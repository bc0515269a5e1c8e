"""`python -m bench.server.contest.raw_runtime MODEL`: images/s of onnxruntime alone, as if a server cost nothing."""

import argparse
import multiprocessing
import time
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

import numpy as np
import onnxruntime

WARM_RUNS = 20


def rate(model: str, processes: int, batch: int, seconds: float) -> float:
    """Return the images/s of several processes together, each with one thread and batches of one size."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    ends: list[Connection] = []
    workers = []
    for _ in range(processes):
        receiver, sender = context.Pipe(duplex=False)
        worker = context.Process(target=_work, args=(model, batch, seconds, barrier, sender))
        worker.start()
        sender.close()
        ends.append(receiver)
        workers.append(worker)
    images_per_second: float = sum(end.recv() for end in ends)
    for worker in workers:
        worker.join()
    return images_per_second


def _work(model: str, batch: int, seconds: float, barrier: Barrier, sender: Connection) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    (asked,) = session.get_inputs()
    images = np.random.default_rng(0).integers(0, 256, (batch, *asked.shape[1:]), dtype=np.uint8)
    for _ in range(WARM_RUNS):
        session.run(None, {asked.name: images})
    barrier.wait()
    start = time.perf_counter()
    runs = 0
    while (took := time.perf_counter() - start) < seconds:
        session.run(None, {asked.name: images})
        runs += 1
    sender.send(runs * batch / took)


def main() -> None:
    """Measure and print images/s."""
    parser = argparse.ArgumentParser(prog="python -m bench.server.contest.raw_runtime", description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--processes", default=2, type=int)
    parser.add_argument("--batch", default=32, type=int)
    parser.add_argument("--seconds", default=3.0, type=float)
    arguments = parser.parse_args()
    images_per_second = rate(arguments.model, arguments.processes, arguments.batch, arguments.seconds)
    print(f"{images_per_second:.1f}")  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
