"""The command line's wishes for a run, checked before anything slow is imported."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.harness.data.catalogue import data_root, source
from bench.harness.data.folder_name import is_folder, with_options
from bench.harness.errors import UserError, unknown
from bench.harness.machine.precision import PRECISIONS
from bench.harness.stats.looks import FIRST, LAST
from bench.harness.study.study import DEFAULT_SEEDS, FIRST_TUNING_SEED, PROTOCOLS

MOST_SEEDS = 10_000
ADDED_UNTIL_MINUTES = 5.0  # of a run that was not asked to add seeds


class SettingsError(UserError):
    """An option with a value that cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The options of a run.

    Attributes:
        results: the protocol's own folder.
        workers: None means as many as suit.
        most_seeds: seeds an arm up to which comparisons without an answer get more; None: no more than `seeds`.
        added_until_minutes: time limit of what is added for that, where the run has none.
        learning_rates: folder of those that were chosen on `dataset`; None: those that are committed.
        tensorboard: whether logs are written for TensorBoard.
        mlflow: address of a tracking store of MLflow; None without one.
        ray: address of the Ray cluster that trains; None: this machine does.
    """

    protocol: str
    seeds: tuple[int, ...]
    dataset: str | None
    studies: tuple[str, ...]
    time_limit_minutes: float | None
    device: str
    data_root: Path | None
    download: bool
    results: Path
    fresh: bool
    threads: int | None
    deterministic: bool
    workers: int | None
    compiled: bool
    precision: str
    batch_seeds: bool
    keep_stale: bool = False
    most_seeds: int | None = None
    added_until_minutes: float | None = None
    learning_rates: Path | None = None
    tensorboard: bool = False
    mlflow: str | None = None
    ray: str | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> "Settings":
        """Return the settings for pytest's options, as `options.add_options` declares them.

        Raises:
            SettingsError, DataError: a value that cannot be used.
        """
        protocol = str(options["protocol"])
        if protocol not in PROTOCOLS:
            raise SettingsError(unknown("protocol", protocol, PROTOCOLS))
        dataset = with_options(options["dataset"], options)
        if dataset is not None and not is_folder(dataset):
            source(dataset)
        limit = options["time_limit"]
        if limit is not None and not limit > 0:  # nan is not above 0 either
            raise SettingsError(f"--time-limit is {limit:g}: it must be above 0 minutes")
        workers = parse_workers(options["workers"])
        if options["precision"] not in PRECISIONS:
            raise SettingsError(unknown("precision", options["precision"], PRECISIONS))
        if options["batch_seeds"] and workers:
            raise SettingsError("--batch-seeds and --workers are two ways to train side by side: choose one")
        if options["batch_seeds"] and options["compile"]:
            raise SettingsError("--batch-seeds trains nets that --compile does not reach: choose one")
        if options["ray"] is not None and (options["batch_seeds"] or workers == 0):
            raise SettingsError("--ray trains each trial in a process on a node: drop --batch-seeds and --workers 0")
        asked = options["until_verdict"] is not None
        most_seeds = options["until_verdict"] if asked else LAST if _adds(options) else None
        seeds = parse_seeds(options["seeds"], DEFAULT_SEEDS[protocol])
        if most_seeds is not None and not max(len(seeds), FIRST) <= most_seeds <= LAST:
            raise SettingsError(
                f"--until-verdict is {most_seeds}: give at least as many seeds as the run begins with ({len(seeds)}), "
                f"{FIRST} or more, and at most {LAST}, where the looks end"
            )
        return cls(
            protocol=protocol,
            seeds=seeds,
            dataset=dataset,
            studies=tuple(filter(None, (options["studies"] or "").split(","))),
            time_limit_minutes=limit,
            device=options["device"],
            data_root=data_root(options["data_root"]),
            download=options["download"],
            results=Path(options["results"]) / protocol,
            fresh=options["fresh"],
            keep_stale=options["keep_stale"],
            most_seeds=most_seeds,
            learning_rates=_rates_folder(options["learning_rates"], dataset),
            added_until_minutes=None if asked or limit is not None else ADDED_UNTIL_MINUTES,
            threads=options["threads"],
            deterministic=options["deterministic"],
            workers=workers,
            compiled=options["compile"],
            precision=options["precision"],
            batch_seeds=options["batch_seeds"],
            tensorboard=options["tensorboard"],
            mlflow=options["mlflow"],
            ray=options["ray"],
        )


def _adds(options: Mapping[str, Any]) -> bool:
    """Return whether a run adds seeds without having been asked to: `quick` as it stands does."""
    return bool(options["protocol"] == "quick" and options["seeds"] is None)


def _rates_folder(folder: str | None, dataset: str | None) -> Path | None:
    """Return the folder of --learning-rates.

    Raises:
        SettingsError: it is no folder, or there is no --dataset that its rates could have been chosen on.
    """
    if folder is not None and dataset is None:
        raise SettingsError("--learning-rates is for rates that were chosen on another data set: add --dataset")
    if folder is not None and not Path(folder).is_dir():
        raise SettingsError(
            f"--learning-rates is {folder}: there is no such folder; "
            f"`python -m bench tune --studies A,B --dataset {dataset}` makes one"
        )
    return None if folder is None else Path(folder)


def parse_workers(text: str) -> int | None:
    """Return the number of worker processes, None for `auto`.

    Raises:
        SettingsError: neither that nor a whole number from 0 on.
    """
    if text == "auto":
        return None
    if not text.isdecimal():
        raise SettingsError(f"--workers is {text!r}: give auto, or how many; 0 trains in this process")
    return int(text)


def parse_seeds(text: str | None, default: int) -> tuple[int, ...]:
    """Return the seeds for `5` (how many: 0 to 4), `3,1,12` (these) or `7,` (this one).

    Raises:
        SettingsError: not whole numbers, none at all, one twice, or seeds that tuning has used.
    """
    text = str(default) if text is None else text
    try:
        numbers = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise SettingsError(f"--seeds is {text!r}: give how many (5) or which (0,1,12)") from None
    if "," not in text and numbers and numbers[0] > MOST_SEEDS:
        raise SettingsError(f"--seeds is {text!r}: at most {MOST_SEEDS} seeds; `{text},` is the one seed {text}")
    seeds = tuple(numbers) if "," in text else tuple(range(numbers[0] if numbers else 0))
    if not seeds:
        raise SettingsError(f"--seeds is {text!r}: at least one seed is needed; 5 are the least for a verdict")
    if len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise SettingsError(f"--seeds is {text!r}: seeds must be different and not negative")
    if max(seeds) >= FIRST_TUNING_SEED:
        raise SettingsError(
            f"--seeds has {max(seeds)}: seeds from {FIRST_TUNING_SEED} on chose learning rates; use lower ones"
        )
    return seeds
