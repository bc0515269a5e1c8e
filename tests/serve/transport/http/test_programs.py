"""Tests of the server with programs that others wrote, where they are installed."""

import asyncio
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.serve.conftest import Running
from tests.serve.transport.http.test_connection import INFER, RAW


@pytest.mark.parametrize("command", [("curl", "--http2", "-sS"), ("curl", "--http1.0", "-sS")])
def test_curl_is_answered(running: Running, images: np.ndarray, tmp_path: Path, command: tuple[str, ...]) -> None:
    """Also where it offers HTTP/2 first, with a body."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    path = tmp_path / "body"
    path.write_bytes(images[0].tobytes())
    words = ["-H", RAW.decode(), "--data-binary", f"@{path}", f"http://127.0.0.1:{running.port}{INFER.decode()}"]

    done = subprocess.run([*command, "--max-time", "10", "-o", "-", *words], capture_output=True, check=True)  # noqa: S603 - our own words

    assert done.stdout.startswith(b'{"model_name":"net"')


def test_ab_is_answered(running: Running) -> None:
    """On connections that it wants to keep."""
    if shutil.which("ab") is None:
        pytest.skip("ab is not installed")
    words = ["ab", "-k", "-q", "-n", "200", "-c", "4", "-s", "5", f"http://127.0.0.1:{running.port}/v2"]

    done = subprocess.run(words, capture_output=True, check=True, text=True, timeout=30)  # noqa: S603 - as above

    assert re.search(r"Keep-Alive requests: +200\b", done.stdout)
    assert re.search(r"Failed requests: +0\b", done.stdout)


JAVA = """
import java.net.URI;
import java.net.http.*;
import java.nio.file.*;

public class Ask {
    static java.io.InputStream open(String path) {
        try { return Files.newInputStream(Path.of(path)); } catch (java.io.IOException error) { return null; }
    }

    public static void main(String[] words) throws Exception {
        HttpClient client = HttpClient.newHttpClient();  // offers HTTP/2 with every request
        for (HttpRequest.BodyPublisher body : new HttpRequest.BodyPublisher[] {
                HttpRequest.BodyPublishers.ofFile(Path.of(words[1])),
                HttpRequest.BodyPublishers.ofInputStream(() -> open(words[1]))}) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(words[0]))
                .header("Inference-Header-Content-Length", "0").POST(body).build();
            HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
            System.out.println(answer.statusCode() + " " + new String(answer.body(), 0, 19));
        }
    }
}
"""
NODE = """
const [, , url, path] = process.argv;
const body = require("fs").readFileSync(path);
for (const sent of [body, new Blob([body]).stream()])
  fetch(url, { method: "POST", body: sent, duplex: "half", headers: { "Inference-Header-Content-Length": "0" } })
    .then(async (answer) => console.log(answer.status, (await answer.text()).slice(0, 19)));
"""
PROGRAMS = {"java": ("Ask.java", JAVA), "node": ("ask.js", NODE)}
ANSWERED = ['200 {"model_name":"net"'] * 2


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_languages_own_client_is_answered(program: str, running: Running, images: np.ndarray, tmp_path: Path) -> None:
    """With a body of known length, and in chunks."""
    name, text = PROGRAMS[program]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    path = tmp_path / "body"
    path.write_bytes(images[0].tobytes())
    (tmp_path / name).write_text(text, "utf-8")
    words = [program, str(tmp_path / name), f"http://127.0.0.1:{running.port}{INFER.decode()}", str(path)]

    done = subprocess.run(words, capture_output=True, check=False, text=True, timeout=60)  # noqa: S603 - as above

    assert done.stdout.splitlines() == ANSWERED, done.stderr


def test_aiohttp_is_answered(running: Running, images: np.ndarray) -> None:
    """Many requests on few connections."""
    aiohttp = pytest.importorskip("aiohttp", reason="tritonclient brings it")
    url = f"http://127.0.0.1:{running.port}{INFER.decode()}"

    async def main() -> list[int]:
        async with aiohttp.ClientSession(headers={"Inference-Header-Content-Length": "0"}) as session:

            async def ask(place: int) -> int:
                async with session.post(url, data=images[place % 5].tobytes()) as answer:
                    await answer.read()
                    return int(answer.status)

            return await asyncio.gather(*map(ask, range(50)))

    assert asyncio.run(main()) == [200] * 50
