"""The same application as ASGI, for hosts that bring their own HTTP: uvicorn, Ray Serve, or a test.

    application = serve.transport.asgi.Asgi(Path("model_repository"))

Limits on connections and slow senders are the host's there; everything else is as in `python -m serve`.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from serve.api.app import App
from serve.api.exchange import NO_CONTENT, Reply, Request, error_reply
from serve.api.url import Target, target
from serve.errors import RequestError
from serve.inference.batcher import Batcher
from serve.inference.catalogue import Catalogue
from serve.inference.reloading import Reloader
from serve.inference.statistics import Statistics
from serve.log import say
from serve.machine import BODIES_SHARE, memory
from serve.security.access import Access
from serve.transport.bodies import Bodies, Room

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Asgi:
    """An ASGI application; the models are loaded at its start, `lifespan` or the first request.

    Args:
        repository: model repository.
        access: who may ask.
        workers: batches that run at the same time.
        poll: seconds between looks for new versions; 0: none is looked for.
        body_memory: bytes that the bodies of all requests in flight may have; None: a quarter of the memory.
    """

    def __init__(
        self,
        repository: Path,
        *,
        access: Access | None = None,
        workers: int = 1,
        poll: float = 5.0,
        body_memory: int | None = None,
    ) -> None:
        self.catalogue = Catalogue(repository)
        self.bodies = Bodies(memory() // BODIES_SHARE if body_memory is None else body_memory)
        self.access, self.workers, self.poll = access or Access(), workers, poll
        self.app: App | None = None
        self._reloading: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or the host's start and stop."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(await self._started(), scope, receive, send)
        else:
            raise ValueError(f"only HTTP is answered, not {scope['type']}")

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self._started()
                except (ValueError, OSError) as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.catalogue.stop()
                if self._reloading is not None:
                    self._reloading.cancel()
                if self.app is not None:
                    self.app.ready = False
                    self.app.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _started(self) -> App:
        """Load the models once.

        Raises:
            RepositoryError: there is no repository.
        """
        async with self._starting:
            if self.app is None:
                reloader = Reloader([self.catalogue.refresh], self.poll, say)
                await reloader.look()
                statistics = Statistics()
                self.app = App(self.catalogue, Batcher(self.workers, statistics), self.access, statistics)
                self.app.ready, self.app.loading = True, False
                if self.poll:
                    self._reloading = asyncio.create_task(reloader.run())
            return self.app

    async def _answer(self, app: App, scope: Message, receive: Receive, send: Send) -> None:
        with self.bodies.room() as room:
            await self._answer_with(room, app, scope, receive, send)

    async def _answer_with(self, room: Room, app: App, scope: Message, receive: Receive, send: Send) -> None:
        query = scope.get("query_string", b"")
        mounted = scope.get("root_path", "").rstrip("/")  # hosts put it before the path, or leave it out
        path = target(scope["path"].removeprefix(mounted).encode() + (b"?" + query if query else b""))
        headers = dict(scope["headers"])
        try:
            app.check_access(path, headers)  # before anything is read
            body = await _body(receive, app, path, room)
        except RequestError as error:
            await _reply(error_reply(error), app, scope, send)
            return
        if body is None:
            return  # the client left
        request = Request(scope["method"], path, headers, body)
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        app.handle(request, lambda reply: None if future.done() else future.set_result(reply))
        leaving = asyncio.create_task(_left(receive))
        leaving.add_done_callback(lambda _: future.cancel())
        try:
            await asyncio.wait([future])
        finally:
            leaving.cancel()
            if not future.done() or future.cancelled():
                future.cancel()
                if request.job is not None:
                    request.job.cancel()
        if not future.cancelled():
            await _reply(future.result(), app, scope, send)


async def _body(receive: Receive, app: App, wanted: Target, room: Room) -> bytes | None:
    """Return the body, None where the client left.

    Raises:
        RequestError: it is too large, or there is no room for it.
    """
    limit = app.body_limit(wanted)
    body, more = bytearray(), True  # a list of pieces would take more than their bytes, that are counted
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        if len(body) + len(part) > limit:
            raise app.too_large(wanted, f"more than {limit} bytes", limit)
        room.hold(len(body) + len(part))
        body += part
        more = message.get("more_body", False)
    return bytes(body)


async def _left(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _reply(reply: Reply, app: App, scope: Message, send: Send) -> None:
    app.statistics.replies[reply.status] += 1
    length = {} if reply.status == NO_CONTENT else {"content-length": str(len(reply.body))}
    headers = {**reply.headers, **length}
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body})
