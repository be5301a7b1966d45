"""Request bodies of the sink: the rows in them, as JSON texts."""

from __future__ import annotations

import zlib

import msgspec

from loader.sink.http1 import MAX_BODY, BadRequest

_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_VALUE = msgspec.json.Decoder(msgspec.Raw)
_ACTION = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ACTIONS = ({"index"}, {"create"})


def decompressed(body: bytes, coding: str) -> bytes:
    """`body` without its content coding ("", "identity" or "gzip"). Raises `BadRequest` for any other or broken one."""
    if coding.lower() in ("", "identity"):
        return body
    if coding.lower() != "gzip":
        raise BadRequest(f"content coding {coding!r} is not known; gzip is", 415)
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        data = inflate.decompress(body, MAX_BODY)
    except zlib.error as error:
        raise BadRequest(f"the body is not gzip: {error}") from error
    if inflate.unconsumed_tail:
        raise BadRequest(f"the body is larger than {MAX_BODY} bytes", 413)
    if not inflate.eof or inflate.unused_data:
        raise BadRequest("the gzip body is cut off or has more behind its end")
    return data


def rows_of(body: bytes) -> list[str]:
    """The rows in `body`, in its order, each as the JSON text that was sent.

    A body is an array of objects, one object, or lines of objects (blank ones are skipped). Lines of which the first is
    an action of the Elasticsearch bulk API (`{"index": {...}}` or `{"create": {...}}`) are read as pairs of action and
    row. Raises `BadRequest`, naming the row, for anything else: the body is taken whole or not at all.
    """
    try:
        texts = _texts(body)
    except UnicodeDecodeError as error:
        raise BadRequest(f"the body is not UTF-8: {error.reason} at byte {error.start}") from error
    for number, text in enumerate(texts, start=1):
        if not text.startswith("{"):
            raise BadRequest(f"row {number} is not an object")
    return texts


def _texts(body: bytes) -> list[str]:
    if body.lstrip()[:1] == b"[":
        try:
            return [str(raw, "utf-8") for raw in _ARRAY.decode(body)]
        except (msgspec.DecodeError, RecursionError) as error:
            raise BadRequest(f"the body is not a JSON array: {error}") from error
    try:
        return [str(_VALUE.decode(body), "utf-8")]
    except (msgspec.DecodeError, RecursionError):
        return _lines(body)


def _lines(body: bytes) -> list[str]:
    lines = [_line(number, line) for number, line in enumerate(body.split(b"\n"), start=1) if line.strip()]
    if not lines:
        raise BadRequest("the body is empty")
    if not _is_action(lines[0]):
        return lines
    if len(lines) % 2 or not all(map(_is_action, lines[::2])):
        raise BadRequest("a bulk body is pairs of an action line (index or create) and a row")
    return lines[1::2]


def _line(number: int, line: bytes) -> str:
    try:
        return str(_VALUE.decode(line), "utf-8")
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadRequest(f"line {number} of the body is not JSON: {error}") from error


def _is_action(line: str) -> bool:
    if not line.startswith("{") or len(line) > 2048:
        return False
    action = _ACTION.decode(line)
    return action.keys() in _ACTIONS and bytes(*action.values()).startswith(b"{")
