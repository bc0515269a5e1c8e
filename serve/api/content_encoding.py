"""Bodies that a client sent compressed (RFC 9110, section 8.4): gzip and deflate are expanded, up to its limit."""

import zlib

from serve.api.exchange import Request
from serve.errors import RequestError

GZIP, ZLIB, BARE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS  # containers, as zlib names them
CONTAINERS = {b"gzip": (GZIP,), b"x-gzip": (GZIP,), b"deflate": (ZLIB, BARE)}  # some clients send deflate bare


def expanded(request: Request, limit: int) -> bytes:
    """Return a request's body as it was before its client compressed it.

    Args:
        request: says how in its header Content-Encoding, if at all.
        limit: most bytes of the whole.

    Raises:
        RequestError: 415, it is compressed in another way; 400, it is damaged; 413, it expands beyond the limit.
    """
    encoding = request.headers.get(b"content-encoding", b"identity").lower()
    if encoding == b"identity":
        return request.body
    name = encoding.decode("latin-1")
    if encoding not in CONTAINERS:
        raise RequestError(415, f"content-encoding {name!r} is not taken: send gzip, deflate or plain bytes")
    for bits in CONTAINERS[encoding]:
        reader = zlib.decompressobj(bits)
        try:
            body = reader.decompress(request.body, limit + 1)
        except zlib.error:
            continue
        if len(body) > limit:
            raise RequestError(413, f"the body expands to more than {limit} bytes")
        if reader.eof and not reader.unused_data:
            return body
    raise RequestError(400, f"the body is not {name}, as its content-encoding says, or it is cut short")
