"""Messages of the Open Inference Protocol over gRPC: requests to images, answers to responses, as strict as HTTP's."""

from collections.abc import Container
from typing import Any

from tritonclient.grpc import service_pb2 as messages

from export.repository.golden import Answers, Pixels
from export.repository.layout import INPUT
from serve.api import infer_request
from serve.api.infer_response import output_of
from serve.api.metadata import no_overrides
from serve.errors import RequestError
from serve.inference.version import Version

FIRST_FIELD = b"\n"  # a message's first byte where its first field, the model's name, comes first
LONGEST_NAME = 127  # whose length is one byte


def first_name(content: bytes) -> str:
    """Return the model's name where a request begins with it, as every library writes it, else nothing."""
    if content[:1] != FIRST_FIELD or len(content) == 1 or content[1] > LONGEST_NAME:
        return ""
    return content[2 : 2 + content[1]].decode("utf-8", "replace")


def images_of(version: Version, request: Any) -> Pixels:  # noqa: ANN401 - a message
    """Return the pixels of the one input, raw or as numbers.

    Raises:
        RequestError: 400.
    """
    if len(request.inputs) != 1:
        raise RequestError(400, f"inputs must be the one input {INPUT!r}; there are {len(request.inputs)}")
    (tensor,) = request.inputs
    others = [field.name for field, _ in tensor.contents.ListFields() if field.name != "uint_contents"]
    if others:
        raise RequestError(400, f"the input comes as {others[0]}: UINT8 comes raw or as uint_contents")
    numbers = list(tensor.contents.uint_contents)
    if not request.raw_input_contents and not numbers:
        raise RequestError(400, "the input has no content: it comes raw or as uint_contents")
    if request.raw_input_contents and numbers:
        raise RequestError(400, "the input comes both raw and as contents: send one of them")
    head = {"name": tensor.name, "datatype": tensor.datatype, "shape": list(tensor.shape)}
    shape = infer_request.checked_shape(version, head)
    if len(request.raw_input_contents) > 1:
        raise RequestError(400, f"there are {len(request.raw_input_contents)} raw contents for one input")
    if request.raw_input_contents:
        return infer_request.from_bytes(request.raw_input_contents[0], shape)
    return infer_request.from_json(numbers, shape)


def seconds_of(request: Any, remaining: float | None) -> float | None:  # noqa: ANN401 - a message
    """Return the seconds that a request gives itself: its deadline, or its parameter `timeout` in microseconds."""
    asked = infer_request.timeout(_number(request.parameters, "timeout"))
    return min((seconds for seconds in (asked, remaining) if seconds is not None), default=None)


def _number(parameters: Any, name: str) -> Any:  # noqa: ANN401 - a map of messages
    """Return a parameter as its sender gave it, None where it is not there; whole numbers have two forms."""
    if name not in parameters:
        return None
    given = parameters[name]
    which = given.WhichOneof("parameter_choice")
    return None if which is None else getattr(given, which)


def as_it_lies(request: Any, known: Container[str] = ()) -> None:  # noqa: ANN401 - a message
    """Refuse to load or unload a model otherwise than it lies in the one repository; some parameters change nothing.

    Raises:
        RequestError: 400.
    """
    no_overrides(request.parameters, known)
    if request.repository_name:
        raise RequestError(400, f"repository_name is {request.repository_name[:60]!r}: there is one, without a name")


def wanted_of(version: Version, request: Any) -> tuple[infer_request.Wanted, ...]:  # noqa: ANN401 - a message
    """Return the outputs that are asked for; none named are all.

    Raises:
        RequestError: 400.
    """
    for tensor in (*request.inputs, *request.outputs):
        infer_request.no_shared_memory(tensor.parameters, tensor.name)
    outputs = [
        {"name": output.name, "parameters": {"classification": _number(output.parameters, "classification") or 0}}
        for output in request.outputs
    ]
    return infer_request.wanted_outputs(version, outputs or None, binary=True)


def response(version: Version, identity: str, wanted: tuple[infer_request.Wanted, ...], answers: Answers) -> Any:  # noqa: ANN401 - a message
    """Return the answer to a request of this identity, its outputs as bytes."""
    reply = messages.ModelInferResponse(model_name=version.name, model_version=str(version.number), id=identity)
    for output_wanted in wanted:
        output, content = output_of(version, answers, output_wanted)
        reply.outputs.add(name=output_wanted.name, datatype=output["datatype"], shape=output["shape"])
        reply.raw_output_contents.append(content or b"")
    return reply
