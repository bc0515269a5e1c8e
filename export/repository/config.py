"""A model's config.pbtxt: Triton's model configuration in protobuf's text form. Needs neither torch nor protobuf."""

MAX_BATCH = 64
QUEUE = 256
TIMEOUT_US = 2_000_000

TEMPLATE = """\
name: "{name}"
backend: "onnxruntime"
max_batch_size: {max_batch}
input [ {{ name: "image" data_type: TYPE_UINT8 dims: [ {channels}, {height}, {width} ] }} ]
output [
  {{ name: "logits" data_type: TYPE_FP32 dims: [ {classes} ] label_filename: "labels.txt" }},
  {{ name: "probabilities" data_type: TYPE_FP32 dims: [ {classes} ] label_filename: "labels.txt" }}
]
version_policy {{ latest {{ num_versions: 1 }} }}
instance_group [ {{ count: 1 kind: {kind} }} ]
dynamic_batching {{
  default_queue_policy {{
    timeout_action: REJECT
    default_timeout_microseconds: {timeout_us}
    allow_timeout_override: true
    max_queue_size: {queue}
  }}
}}
parameters {{ key: "intra_op_thread_count" value: {{ string_value: "1" }} }}
model_warmup [ {{
  name: "one image"
  batch_size: 1
  inputs {{ key: "image" value: {{ data_type: TYPE_UINT8 dims: [ {channels}, {height}, {width} ] zero_data: true }} }}
}} ]
"""


def config_text(
    name: str, shape: tuple[int, int, int], classes: int, *, max_batch: int = MAX_BATCH, device: str = "cpu"
) -> str:
    """Return the configuration of a model.

    Args:
        name: name of the model, also of its folder.
        shape: shape of an image: channels, height, width.
        classes: number of logits.
        max_batch: images a request may have; the dims leave out the batch axis because it is above 0.
        device: cpu or cuda.
    """
    channels, height, width = shape
    return TEMPLATE.format(
        name=name,
        max_batch=max_batch,
        channels=channels,
        height=height,
        width=width,
        classes=classes,
        kind="KIND_GPU" if device == "cuda" else "KIND_CPU",
        timeout_us=TIMEOUT_US,
        queue=QUEUE,
    )


def labels_text(classes: list[str]) -> str:
    """Return labels.txt: a class a line, in the order of the logits.

    Raises:
        ValueError: a class holds a line break.
    """
    for name in classes:
        if name.splitlines() != [name]:
            raise ValueError(f"class {name!r} is empty or holds a line break: it cannot be a line of labels.txt")
    return "".join(f"{name}\n" for name in classes)
