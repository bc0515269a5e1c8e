"""Tests of `python -m export`: the command, its exit status, what it prints, and --verify and --benchmark."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.record import Record
from export import __main__ as command
from export import benchmark, clockwork, exporting
from export.benchmark_table import benchmark_table
from export.exporting import Exporter
from export.repository import CARD, GOLDEN, MODEL, SUMS, RepositoryError, sha256, versions
from export.selection import Choice
from export.verify import verify
from tests.export.test_parity import mean_left_out

PROJECT = Path(__file__).resolve().parents[2]
NAME = "lenet5_mnist-5k"


def test_the_command_exports_and_leaves_a_table(repository: Path, results: Path) -> None:
    """Beside the run's other tables; its figures are in export.json."""
    content = json.loads((results / "export.json").read_text("utf-8"))
    (row,) = content["exports"]

    assert versions(repository / NAME) == [1]
    assert f"| {NAME} | 1 " in (results / "tables" / "export.md").read_text("utf-8")
    assert (row["name"], row["status"], len(row["parity"])) == (NAME, "published", 6)
    assert content["environment"]["commit"][:12] in (results / "tables" / "export.md").read_text("utf-8")


def test_a_dry_run_says_what_and_why(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And writes nothing."""
    command.main(["--results", str(results), "--out", str(tmp_path / "out"), "--dry-run"])

    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["train_lenet5", "train_sk", "train_alexnet32"]
    assert "the only trial of train/lenet5: train/lenet5 seed 0, " in lines[0]
    assert not (tmp_path / "out").exists()


def test_a_refused_file_ends_with_1(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are exported; the report names the layer."""
    fastest = exporting.fastest_graph

    def faulty(material: object) -> exporting.Graph:
        graph = fastest(material)  # type: ignore[arg-type]  # what it is given
        if material.record.architecture == "lenet5":  # type: ignore[attr-defined]  # as above
            mean_left_out(graph.proto)
        return graph

    monkeypatch.setattr(exporting, "fastest_graph", faulty)
    copy, out = shutil.copytree(results, tmp_path / "results"), tmp_path / "out"
    words = ["--results", str(copy), "--out", str(out), "--architecture", "lenet5,sk", "--no-variants"]

    with pytest.raises(SystemExit) as ended:
        command.main(words)

    printed = capsys.readouterr().out
    assert ended.value.code == 1
    assert f"{NAME}: REFUSED: weight shift differs from the net's in 1 values" in printed
    assert f"- {NAME} was refused: weight shift" in printed
    assert [path.name for path in out.iterdir()] == ["sk_mnist-5k"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--study", "trian"], "unknown study 'trian': did you mean 'train'"),
        (["--architecture", "lenet"], "unknown architecture 'lenet': did you mean 'lenet5'"),
        (["--all", "--winner"], "--winner chooses within studies"),
        (["--json", "file"], "--json is an option of --benchmark"),
        (["--version", "0"], "--version is 0: versions are whole numbers from 1 on"),
        (["--version", "1" + 18 * "0"], "of at most 18 digits"),
        (["--results", "nowhere"], "no records at nowhere"),
        (["--verify", "nowhere"], "no model repository at nowhere"),
        (["--benchmark", "--out", "nowhere"], "no model repository at nowhere"),
    ],
)
def test_mistakes_are_one_line(
    words: list[str], message: str, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit status 2."""
    with pytest.raises(SystemExit) as ended:
        command.main(["--results", str(results), *words])

    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert message in error
    assert error.count("\n") == 1


def test_help_does_not_wait_for_torch() -> None:
    """It is printed where importing torch fails."""
    blocked = "import sys, runpy; sys.modules['torch'] = None; sys.argv = ['export', '--help']; "
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", blocked + "runpy.run_module('export', run_name='__main__')"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "--dry-run" in done.stdout


def test_a_good_repository_is_verified(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From its files alone: the results are not needed."""
    assert verify(repository) == 0
    assert capsys.readouterr().out.splitlines() == [f"{NAME} 1: ok", "1 right, 0 wrong"]


def resigned(version: Path) -> None:
    """Write sums that fit the files as they are: what a tamperer would do."""
    lines = [f"{sha256(version / line.split('  ')[1])}  {line.split('  ')[1]}" for line in sums(version)]
    (version / SUMS).write_text("\n".join(lines) + "\n", "utf-8")


def sums(version: Path) -> list[str]:
    """Return the lines of SHA256SUMS."""
    return (version / SUMS).read_text("utf-8").splitlines()


def other_weights(version: Path) -> None:
    """Another file of the same form."""
    import onnx  # noqa: PLC0415 - here only

    proto = onnx.load(version / MODEL)
    mean_left_out(proto)
    onnx.save(proto, version / MODEL)


def other_golden(version: Path) -> None:
    """Golden answers of another net."""
    with np.load(version / GOLDEN) as golden:
        changed = {**golden, "logits": golden["logits"] + 1}
    np.savez(version / GOLDEN, **changed)


def no_golden(version: Path) -> None:
    """No archive at all."""
    (version / GOLDEN).write_bytes(b"nothing")


def other_card(version: Path) -> None:
    """The card of another model."""
    card = json.loads((version / CARD).read_text("utf-8"))
    (version / CARD).write_text(json.dumps({**card, "name": "other"}), "utf-8")


def foreign_card(version: Path) -> None:
    """A card of another format."""
    card = json.loads((version / CARD).read_text("utf-8"))
    (version / CARD).write_text(json.dumps({**card, "format": "zzz"}), "utf-8")


def card_of_words(version: Path) -> None:
    """A tolerance in words."""
    card = json.loads((version / CARD).read_text("utf-8"))
    (version / CARD).write_text(json.dumps({**card, "tolerance": "much"}), "utf-8")


def loose_card(version: Path) -> None:
    """A tolerance that would let anything pass is cut: other golden answers are found all the same."""
    card = json.loads((version / CARD).read_text("utf-8"))
    (version / CARD).write_text(json.dumps({**card, "tolerance": 1e9}), "utf-8")
    other_golden(version)


def colour_golden(version: Path) -> None:
    """Golden images of another shape."""
    with np.load(version / GOLDEN) as golden:
        changed = {**golden, "image": np.repeat(golden["image"], 3, axis=1)}
    np.savez(version / GOLDEN, **changed)


def larger_batches(version: Path) -> None:
    """A configuration that Triton reads, and that is not what was exported."""
    path = version.parent / "config.pbtxt"
    path.write_text(path.read_text("utf-8").replace("max_batch_size: 64", "max_batch_size: 0"), "utf-8")


def half_a_card(version: Path) -> None:
    """A card without its tolerance."""
    card = json.loads((version / CARD).read_text("utf-8"))
    del card["tolerance"]
    (version / CARD).write_text(json.dumps(card), "utf-8")


def other_labels(version: Path) -> None:
    """Labels in another order."""
    path = version.parent / "labels.txt"
    path.write_text("\n".join(reversed(path.read_text("utf-8").split())) + "\n", "utf-8")


def other_config(version: Path) -> None:
    """A configuration for colour images."""
    path = version.parent / "config.pbtxt"
    path.write_text(path.read_text("utf-8").replace("[ 1, 28, 28 ]", "[ 3, 28, 28 ]"), "utf-8")


TAMPERED: dict[Callable[[Path], None], str] = {
    other_weights: "its golden logits differ by",
    other_golden: "its golden logits differ by 1",
    no_golden: "it cannot be checked",
    foreign_card: "its card is of format 'zzz'",
    card_of_words: "its card has values of another kind in ['tolerance']",
    loose_card: "its golden logits differ by 1",
    colour_golden: "its golden images are uint8 (16, 3, 28, 28)",
    larger_batches: "config.pbtxt is not what was exported",
    other_card: "its card is that of other",
    half_a_card: "its card lacks ['tolerance']",
    other_labels: "labels.txt does not list the card's classes",
    other_config: "config.pbtxt: its inputs is",
}


@pytest.mark.parametrize(("tamper", "message"), TAMPERED.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_what_was_tampered_with_is_named(
    tamper: Callable[[Path], None], message: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """First by its sum; and where the sums were made to fit, by what it says or does."""
    version = repository / NAME / "1"
    tamper(version)
    assert verify(repository) == 1
    assert "was changed: its SHA-256 is not that of SHA256SUMS" in capsys.readouterr().out

    resigned(version)
    assert verify(repository) == 1
    assert message in capsys.readouterr().out


def test_a_file_that_is_not_listed_is_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Weights outside the file, for instance."""
    (repository / NAME / "1" / "model.onnx.data").write_bytes(b"x")

    assert verify(repository) == 1
    assert "holds model.onnx.data, which SHA256SUMS does not list" in capsys.readouterr().out


def test_a_model_without_a_version_is_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A server would have nothing to load."""
    shutil.rmtree(repository / NAME / "1")

    assert verify(repository) == 1
    assert f"{NAME}: no version" in capsys.readouterr().out


def test_a_variant_of_an_earlier_net_is_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its float32 model has moved on."""
    variant = Path(shutil.copytree(repository / NAME, repository / f"{NAME}_int8"))
    card = json.loads((variant / "1" / CARD).read_text("utf-8"))
    changed = {**card, "name": variant.name, "variant": "int8", "checkpoint_sha256": "0" * 64}
    (variant / "1" / CARD).write_text(json.dumps(changed), "utf-8")
    config = (variant / "config.pbtxt").read_text("utf-8")
    (variant / "config.pbtxt").write_text(config.replace(f'"{NAME}"', f'"{variant.name}"'), "utf-8")
    resigned(variant / "1")

    assert verify(repository) == 1
    assert f"{variant.name} 1: it is a variant of an earlier net than {NAME} 1" in capsys.readouterr().out


def test_a_single_model_is_not_a_repository(repository: Path) -> None:
    """What to do is said."""
    with pytest.raises(RepositoryError, match="is one model of a repository: verify the folder it is in"):
        verify(repository / NAME)


def test_an_empty_repository_is_an_error(tmp_path: Path) -> None:
    """Nothing checked is not all well."""
    with pytest.raises(RepositoryError, match="holds no model"):
        verify(tmp_path)


def test_every_runtime_is_timed(
    repository: Path,
    results: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In turns at every batch size; the table has ratios, the file every turn."""
    monkeypatch.setattr(torch, "compile", lambda net, **_: net)
    monkeypatch.setattr(benchmark, "BATCHES", (1, 2))
    monkeypatch.setattr(clockwork, "TURN_SECONDS", 0.0)
    path = tmp_path / "export.json"

    command.main(["--benchmark", "--out", str(repository), "--results", str(results), "--json", str(path)])
    content = json.loads(path.read_text("utf-8"))

    assert [(row["runtime"], row["batch"]) for row in content["rows"]] == [
        (runtime, batch)
        for batch in (1, 2)
        for runtime in ("torch eager", "torch.compile", "onnxruntime, 1 thread", "onnxruntime, 2 threads")
    ]
    assert all(len(row["images_per_second"]) == row["n"] == clockwork.TURNS for row in content["rows"])
    assert "| images/s at batch 2 " in capsys.readouterr().out
    assert benchmark_table(content).count(NAME) >= 3


def test_a_repository_of_other_results_is_not_timed(
    repository: Path, tmp_path: Path, records: dict[str, Record]
) -> None:
    """Torch would be given another net's weights."""
    (tmp_path / "records.jsonl").write_text(records["sk"].to_json() + "\n", "utf-8")

    with pytest.raises(RepositoryError, match=r"was made from a trial that .* does not hold"):
        benchmark.entries(repository, tmp_path)


def test_a_slower_export_is_said(exporter: Exporter, choice: Choice) -> None:
    """Where onnxruntime is not twice as fast at batch 1."""
    del exporter
    rate = {"model": choice.name, "batch": 1, "n": 2}
    rows = [
        {**rate, "runtime": "torch eager", "images_per_second": [100.0, 100.0]},
        {**rate, "runtime": "onnxruntime, 1 thread", "images_per_second": [150.0, 160.0]},
    ]
    export = {
        "model": choice.name,
        "variant": "float32",
        "size": 1000,
        "nodes": 3,
        "lrn_form": None,
        "accuracy_in_torch": 0.5,
        "accuracy_in_onnx": 0.5,
        "largest_difference": 1e-6,
        "lrn_milliseconds": {},
    }
    environment = {"hardware": "CPU", "cores": 2, "python": "3", "torch": "2", "commit": "0" * 40}

    text = benchmark_table({"exports": [export], "rows": rows, "environment": environment, "threads": 2})

    assert f"Less than twice as fast as torch eager at batch 1 with one thread: {NAME} (1.55x)." in text
