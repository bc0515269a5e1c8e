"""The same application in Ray Serve, for clusters that run Ray already; needs the optional extra `ray`.

    serve run serve.transport.ray_serve:build repository=model_repository

Ray brings HTTP with its limits, and replicas: each has its own models, queues and `/metrics`. Tokens are those in the
environment of the process that builds the application, as `python -m serve` reads them.
"""

from collections.abc import Mapping
from pathlib import Path

from ray import serve as ray_serve

from serve.security.tokens import TokenFiles
from serve.transport.asgi import Asgi

DEFAULTS: Mapping[str, str | int] = {"repository": "model_repository", "replicas": 1, "workers": 1}
REQUESTS = 1000  # that Ray lets a replica have: batches need many, and our own queues refuse what is too much


def build(arguments: Mapping[str, str | int]) -> ray_serve.Application:
    """Return the application, for `serve run` and for the `args` of a Serve config file; its route prefix must be `/`.

    Args:
        arguments: `repository`, the model repository, which every node must see at the same path; `replicas`;
            `workers`, batches that a replica runs at the same time, each on a CPU of its own.

    Raises:
        ValueError: an argument has another name, or replicas or workers are no number.
    """
    unknown = sorted(set(arguments) - set(DEFAULTS))
    if unknown:
        raise ValueError(f"unknown argument {unknown[0]!r}: known are {', '.join(DEFAULTS)}")
    chosen = {**DEFAULTS, **arguments}
    repository, workers = Path(str(chosen["repository"])).resolve(), int(chosen["workers"])
    access = TokenFiles(None, None).access

    def application() -> Asgi:
        """Make the application, in the replica: it belongs to an event loop and cannot be sent there."""
        return Asgi(repository, access=access, workers=workers)

    return ray_serve.deployment(
        ray_serve.ingress(application)(),
        name="convbench",
        num_replicas=int(chosen["replicas"]),
        ray_actor_options={"num_cpus": workers},
        max_ongoing_requests=REQUESTS,
        max_queued_requests=REQUESTS,
    ).bind()
