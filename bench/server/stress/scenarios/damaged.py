"""Models that are corrupt, cut short, renamed or tampered with: each is refused by name, the others are served."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.server.golden import golden, newest
from bench.server.our_server import Ours, started
from bench.server.stress.broken_versions import SUMS, put_version, sum_up
from bench.server.stress.client import connected, raw_inference

Damage = Callable[[Path], None]  # takes the folder of a version


def _flip(name: str) -> Damage:
    def damage(version: Path) -> None:
        content = bytearray((version / name).read_bytes())
        content[len(content) // 2] ^= 1
        (version / name).write_bytes(content)

    return damage


def _cut(name: str) -> Damage:
    def damage(version: Path) -> None:
        content = (version / name).read_bytes()
        (version / name).write_bytes(content[: len(content) // 2])

    return damage


def _rename(version: Path) -> None:
    (version / "model.onnx").rename(version / "net.onnx")


def _rename_model(version: Path) -> None:
    version.parent.rename(version.parent.with_name(f"{version.parent.name}-renamed"))


def _link(version: Path) -> None:
    target = version.parent.parent / "elsewhere.onnx"
    (version / "model.onnx").rename(target)
    (version / "model.onnx").symlink_to(target)


def _add(version: Path) -> None:
    (version / "surprise.so").write_bytes(b"\x7fELF")


def _swap_weights(version: Path) -> None:
    """Change weights and make the sums hold again: only the golden answers tell."""
    import onnx  # noqa: PLC0415 - half a second that the other commands do not need
    from onnx import numpy_helper  # noqa: PLC0415 - as above

    model = onnx.load(str(version / "model.onnx"))
    largest = max(model.graph.initializer, key=lambda weights: len(weights.raw_data))
    values = numpy_helper.to_array(largest)
    largest.CopyFrom(numpy_helper.from_array(-values, largest.name))
    onnx.save(model, str(version / "model.onnx"))
    sum_up(version)


def _promise_more(version: Path) -> None:
    card = json.loads((version / "card.json").read_text("utf-8"))
    (version / "card.json").write_text(json.dumps({**card, "test_accuracy": 1.0}), "utf-8")


def _unknown_field(version: Path) -> None:
    config = version.parent / "config.pbtxt"
    config.write_text(config.read_text("utf-8") + "\ncolour: 1\n", "utf-8")


def _no_sums(version: Path) -> None:
    (version / SUMS).unlink()


DAMAGES: Mapping[str, Damage] = {
    "bit-flipped": _flip("model.onnx"),
    "cut-short": _cut("model.onnx"),
    "golden-cut-short": _cut("golden.npz"),
    "card-changed": _promise_more,
    "file-renamed": _rename,
    "model-renamed": _rename_model,
    "linked": _link,
    "file-added": _add,
    "weights-changed-sums-too": _swap_weights,
    "configuration-changed": _unknown_field,
    "sums-missing": _no_sums,
}


async def _answers_rightly(ours: Ours, model: str, source: Path) -> bool:
    images, logits = golden(source)
    async with connected(ours.port) as client:
        answer = await client.ask(raw_inference(model, images[:1]))
    return answer is not None and answer.says(logits[0])


def run(repository: Path, model: str) -> dict[str, Any]:
    """Return the server's reason for refusing each damaged model, and the models that it served."""
    source = newest(repository / model)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        put_version(source, folder / "good", 1)
        put_version(source, folder / "replaced", 1)
        for damage, do in DAMAGES.items():
            do(put_version(source, folder / damage, 1))
        _flip("model.onnx")(put_version(source, folder / "replaced", 2))
        with started(folder) as ours:
            rows = ours.index()
            right = all(asyncio.run(_answers_rightly(ours, model_name, source)) for model_name in ("good", "replaced"))
            alive = ours.alive() and ours.ready()
    reasons = {f"{row['name']} {row['version']}".strip(): row["reason"].replace(name, "…") for row in rows}
    served = sorted(f"{row['name']} {row['version']}" for row in rows if row["state"] == "READY")
    shutil.rmtree(name, ignore_errors=True)
    return {
        "damages": len(DAMAGES) + 1,
        "refused": {version: reason for version, reason in reasons.items() if reason},
        "served": served,
        "served_as_they_should": served == ["good 1", "replaced 1"],
        "answers_right": right,
        "alive": alive,
    }
