"""config.pbtxt as Triton itself reads it: parsed into Triton's own ModelConfig, and compared with the model's card."""

from collections.abc import Mapping
from typing import Any

from export.repository.layout import CONFIG, INPUT, OUTPUTS


def config_problems(text: str, name: str, card: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a model's configuration, nothing if all is well.

    Args:
        text: content of config.pbtxt.
        name: name of the model's folder.
        card: card of a version.
    """
    from google.protobuf import text_format  # noqa: PLC0415 - with the next line half a second
    from tritonclient.grpc import model_config_pb2  # noqa: PLC0415

    try:
        config = text_format.Parse(text, model_config_pb2.ModelConfig())
    except text_format.ParseError as error:
        return [f"{CONFIG} is not Triton's: {error}"]
    wanted = {
        "its name": (config.name, name),
        "its inputs": ([(port.name, list(port.dims)) for port in config.input], [(INPUT, list(card["shape"]))]),
        "its outputs": (
            [(port.name, list(port.dims)) for port in config.output],
            [(output, [len(card["classes"])]) for output in OUTPUTS],
        ),
    }
    return [f"{CONFIG}: {what} is {stated}, not {right}" for what, (stated, right) in wanted.items() if stated != right]
