"""The hyper-parameters of a trial as trackers take them: plain values by name."""

from bench.harness.records.record import Record

Plain = str | int | float | bool


def hyper_parameters(record: Record) -> dict[str, Plain]:
    """Return a trial's study, arm and seed, its options and its recipe; what is not plain is written as text."""
    named: dict[str, object] = {
        "study": record.study,
        "arm": record.arm,
        "seed": record.seed,
        "protocol": record.protocol,
        "dataset": record.dataset,
        "architecture": record.architecture,
        **{f"option.{name}": value for name, value in record.options.items()},
        **{f"recipe.{name}": value for name, value in record.definition.get("recipe", {}).items()},
    }
    return {name: value if isinstance(value, str | int | float | bool) else str(value) for name, value in named.items()}
