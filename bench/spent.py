"""Where a run's wall time went."""

from dataclasses import dataclass

from bench.plan import duration
from bench.record import Record


@dataclass
class TimeSpent:
    """Seconds of the trials that this run trained; `workers` of them pass at once."""

    epochs: float = 0.0
    evaluation: float = 0.0
    inference: float = 0.0
    warmup: float = 0.0
    workers: int = 1

    def add(self, record: Record) -> None:
        """Count a trial that was trained in this run."""
        self.epochs += sum(record.curves["epoch_seconds"])
        self.evaluation += record.evaluation_seconds
        self.inference += record.inference_seconds
        self.warmup += record.warmup_seconds

    def describe(self, wall_seconds: float) -> str:
        """Return the split of a wall time, with the harness's own share."""
        measured = self.epochs + self.evaluation + self.inference + self.warmup
        overhead = wall_seconds - measured / self.workers
        beside = f" in {self.workers} workers" if self.workers > 1 else ""
        return (
            f"time: {duration(wall_seconds)}, of it{beside} epochs {self.epochs:.1f} s, "
            f"evaluation {self.evaluation:.1f} s, inference timing {self.inference:.1f} s, "
            f"warm-up {self.warmup:.1f} s, harness overhead {overhead:.1f} s "
            f"({overhead / wall_seconds:.1%}, imports and reports included)"
        )
