"""Our own application under another server's HTTP: uvicorn or granian (PEER_HOST), with PEER_WORKERS processes."""

import os
from pathlib import Path

from serve.transport.asgi import Asgi

HOST = os.environ["PEER_HOST"]
WORKERS, PORT = int(os.environ["PEER_WORKERS"]), int(os.environ["PEER_PORT"])
APPLICATION = "bench.server.contest.peers.our_asgi:application"

application = Asgi(Path(os.environ["PEER_REPOSITORY"]), poll=0)

if __name__ == "__main__":
    if HOST == "uvicorn":
        import uvicorn

        uvicorn.run(APPLICATION, port=PORT, workers=WORKERS, access_log=False, log_level="warning", ws="none")
    else:
        from granian import Granian
        from granian.constants import Interfaces

        Granian(
            APPLICATION, port=PORT, workers=WORKERS, interface=Interfaces.ASGI, websockets=False, log_enabled=False
        ).serve()
