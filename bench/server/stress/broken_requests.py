"""Requests as no client should send them: a generator that is as broken as it is reproducible."""

import gzip
import json
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from bench.server.golden import Pixels
from bench.server.stress.client import inference, post, raw_inference

LONG = 20_000
DEEP = 50_000
MODEL_PATHS = ("", "/ready", "/config", "/stats", "/infer", "/classify", "/versions/1/infer", "/versions/9/infer")
NAMES = ("../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "a\x00b", "con", "a" * LONG, "ä", "", ".", "stats", "x y")
METHODS = ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "post", "FOO", "")
NUMBERS: tuple[Any, ...] = (-1, 0, 1, 2**31, 2**63, 2**64, 10**400, 0.5, 1e308, "1", None, True, [], {}, [[1]], "NaN")
LENGTHS = ("-1", "0", "1", "7", "999999999999", "9" * 5000, "0x10", " 12", "1e3", "NaN", "", "1,2", "+5", "１")
PNG = b"\x89PNG\r\n\x1a\n"


class Broken(NamedTuple):
    """A request and the kind of its fault."""

    kind: str
    content: bytes


class Generator:
    """Makes requests; the same seed makes the same.

    Args:
        model: the model's name.
        image: a good image, (channels, height, width) uint8.
        seed: the choices' seed.
    """

    def __init__(self, model: str, image: Pixels, seed: int) -> None:
        self.model, self.image = model, image
        self.path = f"/v2/models/{model}/infer"
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.kinds: dict[str, Callable[[], bytes]] = {
            "request line": self._request_line,
            "headers": self._headers,
            "framing": self._framing,
            "binary lengths": self._binary,
            "shapes and values": self._values,
            "nesting": self._nesting,
            "encodings": self._encodings,
            "pictures": self._pictures,
            "paths": self._paths,
            "bytes": self._bytes,
        }

    def __iter__(self) -> Iterator[Broken]:
        """Yield without end, every kind as often as the others."""
        while True:
            for kind, make in self.kinds.items():
                yield Broken(kind, make())

    def _any(self, *values: object) -> object:
        return self.random.choice(values)

    def _noise(self, most: int = 200) -> bytes:
        return self.random.randbytes(self.random.randrange(most))

    def _request_line(self) -> bytes:
        method, version = (
            self.random.choice(METHODS),
            self.random.choice(("1.1", "1.0", "0.9", "2", "9.9", "", "1.1 x")),
        )
        path = self.random.choice((self.path, "*", "//", "http://x" + self.path, self.path + "?" + "a" * LONG, "\x7f"))
        separator = self.random.choice((" ", "  ", "\t", ""))
        return f"{method}{separator}{path}{separator}HTTP/{version}\r\nhost: x\r\n\r\n".encode() + self._noise()

    def _headers(self) -> bytes:
        lines = {
            "long": "x: " + "a" * LONG,
            "many": "\r\n".join(f"x{number}: y" for number in range(2000)),
            "folded": "x: a\r\n b",
            "nul": "x: \x00",
            "no colon": "nothing",
            "no name": ": x",
            "space": "content-type : application/json",
            "control": "x: \x01\x02",
            "bytes": "x: ÿþ",
            "expect": "expect: " + self.random.choice(("100-continue", "200-ok", "")),
            "upgrade": "connection: upgrade\r\nupgrade: " + self.random.choice(("h2c", "websocket", "TLS/1.0")),
            "authorization": "authorization: " + self.random.choice(("Bearer", "Bearer  ", "Basic eA==", "\xff")),
            "range": "range: bytes=0-",
            "encoding": "content-encoding: " + self.random.choice(("gzip", "br", "identity, gzip", "")),
        }
        request = raw_inference(self.model, self.image[None])
        head, end, body = request.partition(b"\r\n\r\n")
        chosen = self.random.choice(list(lines.values())).encode("latin-1", "replace")
        return head + b"\r\n" + chosen + end + body

    def _framing(self) -> bytes:
        body = self.image.tobytes()
        size = str(len(body))
        framing = self.random.choice(
            (
                f"content-length: {size}\r\ncontent-length: {size}",
                f"content-length: {size}\r\ncontent-length: 1",
                f"content-length: {self.random.choice(LENGTHS)}",
                f"content-length: {size}\r\ntransfer-encoding: chunked",
                "transfer-encoding: chunked",
                "transfer-encoding: gzip, chunked",
                "transfer-encoding: identity",
                "x: y",
            )
        )
        chunks = self.random.choice(
            (
                body,
                b"zz\r\n" + body,
                b"fffffffff\r\n" + body,
                b"-1\r\n",
                b"4\r\nabcdef\r\n0\r\n\r\n",
                b"0\r\n\r\n" + body,
            )
        )
        head = f"POST {self.path} HTTP/1.1\r\nhost: x\r\ninference-header-content-length: 0\r\n{framing}\r\n\r\n"
        return head.encode() + chunks

    def _binary(self) -> bytes:
        body = self.image.tobytes()
        declared = self._any(len(body), len(body) + 1, len(body) - 1, *NUMBERS)
        tensor: dict[str, object] = {"name": "image", "shape": [1, *self.image.shape], "datatype": "UINT8"}
        tensor["parameters"] = {"binary_data_size": declared}
        if self.random.random() < 0.2:  # noqa: PLR2004 - now and then
            tensor["data"] = [0]
        head = json.dumps({"inputs": [tensor]}).encode()
        length = self.random.choice((str(len(head)), str(len(head) - 1), str(len(head) + len(body) + 1), *LENGTHS))
        cut = self.random.choice((body, body[:-1], b"", body + b"x", body * 3))
        header = f"inference-header-content-length: {length}".encode("latin-1", "replace").decode("latin-1")
        return post(self.path, head + cut, header)

    def _values(self) -> bytes:
        pixels: list[Any] = self.image.ravel().tolist()
        pixels[self.random.randrange(len(pixels))] = self.random.choice((-1, 256, *NUMBERS))
        data = self._any(pixels, pixels[:-1], [pixels], {}, "x", None, [], [[]], [pixels, pixels])
        shape: list[object] = [1, *self.image.shape]
        if self.random.random() < 0.7:  # noqa: PLR2004 - mostly
            shape[self.random.randrange(len(shape))] = self._any(*NUMBERS)
        tensor = {
            "name": self._any("image", "image", "image", "picture", None, 7),
            "shape": self._any(shape, shape, shape, shape[1:], [*shape, 1], "x", None, {}),
            "datatype": self._any("UINT8", "UINT8", "UINT8", "FP32", "BYTES", None, 5),
            "data": data,
        }
        request: dict[str, object] = {"inputs": self._any([tensor], [tensor], [tensor], [tensor, tensor], [], {}, None)}
        if self.random.random() < 0.3:  # noqa: PLR2004 - now and then
            request["outputs"] = self._any(
                [{"name": "logits"}], [{"name": "logits"}] * 2, [{}], "x", [7], [{"name": 7}]
            )
        if self.random.random() < 0.3:  # noqa: PLR2004 - as above
            request["parameters"] = self._any({"timeout": self._any(*NUMBERS)}, {"binary_data_output": 1}, [], "x")
        request["id"] = self._any("a", 7, None, ["x"], "é" * 300)
        if self.random.random() < 0.1:  # noqa: PLR2004 - rarely
            request["surprise"] = True
        return post(self.path, json.dumps(request).encode())

    def _nesting(self) -> bytes:
        depth = self.random.choice((10, 99, 101, 1000, DEEP))
        inner = self.random.choice((("[", "]"), ('{"a":', "}"), ("[[", "]]")))
        closed = inner[1] * depth if self.random.random() < 0.7 else ""  # noqa: PLR2004 - mostly
        value = inner[0] * depth + "1" + closed
        where = self.random.choice(
            ('{"inputs":%s}', '{"inputs":[{"name":"image","data":%s}]}', '{"parameters":%s}', "%s")
        )
        return post(self.path, (where % value).encode())

    def _encodings(self) -> bytes:
        text = inference(self.model, self.image, "x").partition(b"\r\n\r\n")[2]
        body, header = self.random.choice(
            (
                (text.decode().encode("utf-16"), "x: y"),
                (b"\xef\xbb\xbf" + text, "x: y"),
                (text.replace(b'"x"', b'"\xff\xfe"'), "x: y"),
                (text.replace(b'"x"', b'"\\ud800"'), "x: y"),
                (gzip.compress(text, mtime=0), "content-encoding: gzip"),
                (gzip.compress(b"0" * 10_000_000, mtime=0), "content-encoding: gzip"),
                (zlib.compress(text), "content-encoding: deflate"),
                (text.replace(b"0", b"NaN", 1), "x: y"),
                (text.replace(b"0", b"-Infinity", 1), "x: y"),
                (text.replace(b"0", b"1e400", 1), "x: y"),
                (text[: self.random.randrange(len(text))], "x: y"),
                (self._noise(3000), "content-type: application/json"),
            )
        )
        return post(self.path, body, header)

    def _pictures(self) -> bytes:
        picture = PNG + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", *self._sides()) + b"\x08\x00\x00\x00\x00"
        body = self.random.choice(
            (picture + self._noise(), PNG, b"", b"RIFF1234WEBP" + self._noise(), self._noise(2000))
        )
        body = self.random.choice((body, b"\xff\xd8\xff\xe0" + self._noise(2000), b"GIF89a" + self._noise()))
        boundary = self.random.choice(("x", "", "a" * 300, '"', "x y"))
        kind = self.random.choice(("image/png", f"multipart/form-data; boundary={boundary}", "multipart/form-data", ""))
        form = b'--x\r\ncontent-disposition: form-data; name="f"; filename="\xff"\r\n\r\n' + body + b"\r\n--x--\r\n"
        query = self.random.choice(("", "?invert=true", "?invert=maybe", "?invert=", "?" + "a=b&" * 500))
        content = self.random.choice((body, form, form[:-6], form * 80))
        return post(f"/v2/models/{self.model}/classify{query}", content, f"content-type: {kind}")

    def _sides(self) -> tuple[int, int]:
        return self.random.choice(((28, 28), (0, 0), (1, 2**31 - 1), (2**31 - 1, 2**31 - 1), (100_000, 100_000)))

    def _paths(self) -> bytes:
        name = self.random.choice((*NAMES, self.model))
        path = self.random.choice(
            (
                f"/v2/models/{name}{self.random.choice(MODEL_PATHS)}",
                f"/v2/repository/models/{name}/{self.random.choice(('load', 'unload', 'x'))}",
                f"/{name}",
                f"/v2/{name}",
                "/v2/repository/index",
                "/page.js/../../secret",
            )
        )
        method = self.random.choice(METHODS) or "GET"
        body = self.random.choice((b"", b"{}", b"[", b"\xff"))
        return f"{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body

    def _bytes(self) -> bytes:
        """A good request with some bytes changed, left out or put in."""
        good = self.random.choice((raw_inference(self.model, self.image[None]), inference(self.model, self.image, "x")))
        content = bytearray(good[: self.random.choice((300, len(good)))])
        for _ in range(self.random.randrange(1, 9)):
            place = self.random.randrange(len(content))
            match self.random.randrange(3):
                case 0:
                    content[place] = self.random.randrange(256)
                case 1:
                    del content[place : place + self.random.randrange(1, 9)]
                case _:
                    content[place:place] = self._noise(9)
            if not content:
                break
        return bytes(content)
