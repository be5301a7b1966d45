"""Request builder: requests that differ in their body alone, or are made for one row each.

The batcher asks for items, one a row; the sender makes one request of the items of a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from loader.config.sections import Batching
from loader.config.target_kind import shown_name
from loader.errors import UsageError
from loader.mapping.json_rows import Mapped
from loader.mapping.shaped_json import JsonRowMapper
from loader.mapping.template import Fields, PathTemplate, Template, UnfitError, header_text, in_header
from loader.outcomes import Cause
from loader.rows import Rows
from loader.targets.http.body import BodyFrame, Wrapper, frame_of
from loader.targets.http.request import Request
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.url_parts import split_origin
from loader.targets.sized_batcher import BatchForm, SizedItems

T = TypeVar("T")


class Form(BatchForm, Protocol):
    """How rows become requests. Thread-safe."""

    @property
    def content_type(self) -> str:
        """Of the bodies."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the user's that all requests have alike."""

    def request(self, items: Sequence[Any]) -> Request:
        """The request that carries `items`, at least one and at most `rows` of them, without the common headers."""


class SharedForm:
    """Path and headers are the same for all requests; an item is the bytes of its row in the body."""

    def __init__(
        self,
        mapper: JsonRowMapper,
        frame: BodyFrame,
        wrapper: Wrapper | None,
        *,
        path: str,
        headers: Mapping[str, str],
        rows: int,
    ) -> None:
        self._mapper = mapper
        self._frame = frame
        self._wrapper = wrapper
        self._path = path
        self.headers = headers
        self.content_type = frame.content_type
        self.overhead = frame.overhead
        self.rows = rows

    def items(self, rows: Rows) -> SizedItems:
        mapped = self._mapper.map(rows)
        if self._wrapper is None:
            return SizedItems(mapped.items, list(map(len, mapped.items)), mapped.unfit, mapped.mended)
        wrapper = self._wrapper
        items, unfit = _each(self._mapper, rows, mapped, wrapper.wrap, with_fields=wrapper.has_fields)
        sizes = [len(item or b"") for item in items]
        return SizedItems([item or b"" for item in items], sizes, unfit, _but(mapped.mended, unfit))

    def request(self, items: Sequence[bytes]) -> Request:
        return Request(self._path, {}, self._frame.join(items))


class RowForm:
    """Path, headers or wrapper hold fields of the row: an item is the whole request of its row."""

    rows = 1
    overhead = 0
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self,
        mapper: JsonRowMapper,
        frame: BodyFrame,
        wrapper: Wrapper | None,
        *,
        path: PathTemplate,
        headers: Mapping[str, Template],
    ) -> None:
        self._mapper = mapper
        self._frame = frame
        self._wrapper = wrapper
        self._path = path
        self._headers = headers
        self.content_type = frame.content_type

    def items(self, rows: Rows) -> SizedItems:
        mapped = self._mapper.map(rows)
        requests, unfit = _each(self._mapper, rows, mapped, self._filled, with_fields=True)
        sizes = [0 if request is None else len(request.body) for request in requests]
        return SizedItems(requests, sizes, unfit, _but(mapped.mended, unfit))

    def request(self, items: Sequence[Request]) -> Request:
        return items[0]

    def _filled(self, item: bytes, fields: Fields) -> Request:
        headers = {name: template.fill(fields, in_header) for name, template in self._headers.items()}
        return Request(self._path.fill(fields), headers, self._body(item, fields))

    def _body(self, item: bytes, fields: Fields) -> bytes:
        if self._wrapper is None:
            return self._frame.join((item,))
        if self._wrapper.around_row:
            return self._frame.join((self._wrapper.wrap(item, fields),))
        return self._wrapper.wrap(self._frame.join((item,)), fields)


def form_of(settings: HttpTarget, batching: Batching, mapper: JsonRowMapper) -> Form:
    """The form of the requests of a target. Raises UsageError where templates and batch size do not go together."""
    frame = frame_of(settings, batching.size)
    wrapper = Wrapper(settings.wrapper) if settings.wrapper else None
    path = PathTemplate(split_origin(settings.url)[1])
    headers = {name: Template(value, header_text) for name, value in settings.headers.items()}
    templated = {
        "url": path.has_fields,
        "headers": any(template.names for template in headers.values()),
        "wrapper": wrapper is not None and wrapper.has_fields and not wrapper.around_row,
    }
    where = ", ".join(key for key, holds_fields in templated.items() if holds_fields)
    if where:
        if settings.body != "row" and batching.size != 1:
            raise _needs_one_row(settings, where)
        return RowForm(mapper, frame, wrapper, path=path, headers=headers)
    if wrapper is not None and not wrapper.around_row:
        frame, wrapper = wrapper.frame(frame), None
    fixed = {name: template.literals[0] for name, template in headers.items()}
    rows = 1 if settings.body == "row" else batching.size
    return SharedForm(mapper, frame, wrapper, path=path.fill({}), headers=fixed, rows=rows)


def _each(
    mapper: JsonRowMapper, rows: Rows, mapped: Mapped, make: Callable[[bytes, Fields], T], *, with_fields: bool
) -> tuple[list[T | None], Mapping[int, Cause]]:
    """What `make` makes of each mapped row and its fields; None for rows that do not fit, with the reason by index."""
    unfit = dict(mapped.unfit)
    made: list[T | None] = []
    for i, item in enumerate(mapped.items):
        try:
            made.append(None if i in unfit else make(item, mapper.fields(rows, i, item) if with_fields else {}))
        except UnfitError as error:
            unfit[i] = error.cause
            made.append(None)
    return made, unfit


def _but(mended: Mapping[int, Cause], unfit: Mapping[int, Cause]) -> Mapping[int, Cause]:
    """The rows that are mended and go."""
    return {at: cause for at, cause in mended.items() if at not in unfit} if unfit else mended


def _needs_one_row(settings: HttpTarget, where: str) -> UsageError:
    return UsageError(
        f"target {shown_name(settings)}: {where} holds fields of the row, so each request must "
        'carry one row: set body = "row", or batch.size = 1'
    )
