"""Exchange over a reused handle of libcurl, one request at a time."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import takewhile

import pycurl

from loader.config.sections import Timeouts
from loader.outcomes import Cause
from loader.targets.http import error_types
from loader.targets.http.certificates import refuse_common_names
from loader.targets.http.connection_setup import ConnectionSetup
from loader.targets.http.content_coding import unpacked
from loader.targets.http.curl_failures import BROKEN, Failure, cause_of
from loader.targets.http.failed_exchanges import AnswerTooLargeError, ambiguous, too_large
from loader.targets.http.request import Request, Response
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.transport import ANSWER_LIMIT, Reply

MILLISECONDS = 1000
_STATUS_LINE = b"HTTP/"
_BLANK = (b"\r\n", b"\n")


def new_handle(settings: HttpTarget, setup: ConnectionSetup, timeouts: Timeouts) -> pycurl.Curl:
    """A handle with all that is the same for each request."""
    curl = pycurl.Curl()
    options = {
        pycurl.URL: f"{setup.origin}/",
        pycurl.PATH_AS_IS: 1,
        pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
        pycurl.POST: 1,
        pycurl.CUSTOMREQUEST: settings.method,
        pycurl.PROXY: "",
        pycurl.NOSIGNAL: 1,
        pycurl.CONNECTTIMEOUT_MS: _milliseconds(timeouts.connect),
        pycurl.TIMEOUT_MS: _milliseconds(timeouts.write),
        pycurl.SSL_VERIFYPEER: int(bool(setup.verify)),
        pycurl.SSL_VERIFYHOST: 2 if setup.verify else 0,
    }
    if settings.cert:
        options |= {pycurl.SSLCERT: settings.cert, pycurl.SSLKEY: settings.key or settings.cert}
    for option, value in options.items():
        curl.setopt(option, value)
    for option in (pycurl.CAINFO, pycurl.CAPATH):  # else what libcurl was built with is trusted, too
        curl.unsetopt(option)
    if setup.verify and setup.origin.startswith("https:"):
        refuse_common_names(curl)
    if setup.verify:
        curl.setopt(pycurl.CAPATH if os.path.isdir(setup.verify) else pycurl.CAINFO, setup.verify)
    return curl


class Exchange:
    """Carries one request after another. Touched by the driver's thread alone.

    libcurl sends a request again when a pooled connection breaks before the answer. It must not, since the rows may
    have arrived: so the body is read by a callback that cannot be rewound, and read before the first byte goes out.
    Whenever libcurl wants to begin anew, it must give up.
    """

    def __init__(self, curl: pycurl.Curl, read_timeout: float) -> None:
        """`read_timeout`: seconds of silence after which `is_silent` says so."""
        self.curl = curl
        self._read_timeout = read_timeout
        self._path = ""
        self._body = self._rest = b""
        self._lines: list[bytes] = []
        self._pieces: list[bytes] = []
        self._size = 0
        self._timeout = 0  # milliseconds, as libcurl knows it
        self._progress: Sequence[int] = ()
        self._progress_at = 0.0
        self.reply: Reply
        self.deadline = 0.0
        curl.exchange = self
        curl.setopt(pycurl.READFUNCTION, self._read)
        curl.setopt(pycurl.HEADERFUNCTION, self._lines.append)
        curl.setopt(pycurl.WRITEFUNCTION, self._write)

    def begin(self, request: Request, lines: Sequence[bytes], reply: Reply, deadline: float) -> None:
        """Take up a request, whose headers are `lines`."""
        self.reply = reply
        self.deadline = deadline
        self._body = request.body
        curl = self.curl
        if request.path != self._path:
            curl.setopt(pycurl.REQUEST_TARGET, request.path)
            self._path = request.path
        curl.setopt(pycurl.HTTPHEADER, lines)
        curl.setopt(pycurl.POSTFIELDSIZE_LARGE, len(request.body))

    def start(self, now: float) -> None:
        """From now on libcurl may send it; also once more, when nothing of it was sent."""
        self._rest = self._body
        self._lines.clear()
        self._pieces.clear()
        self._size = 0
        self._progress, self._progress_at = (), now
        timeout = _milliseconds(self.deadline - now)
        if timeout != self._timeout:
            self.curl.setopt(pycurl.TIMEOUT_MS, timeout)
            self._timeout = timeout

    @property
    def connection(self) -> int:
        """The number of its connection."""
        number: int = self.curl.getinfo(pycurl.CONN_ID)
        return number

    @property
    def descriptor(self) -> int:
        """Of its connection, between the end of the answer and its being taken from libcurl; -1 if it is not kept."""
        found: int = self.curl.getinfo(pycurl.ACTIVESOCKET)
        return found

    def was_stale(self, code: int) -> bool:
        """Whether it ended with `code` because a pooled connection was closed before the first byte went out."""
        getinfo = self.curl.getinfo
        return code in BROKEN and not getinfo(pycurl.NUM_CONNECTS) and not getinfo(pycurl.REQUEST_SIZE)

    def answer(self) -> Response | Cause:
        """What came, where libcurl has no complaint."""
        headers = ResponseHead(self._lines.copy())
        status = self.curl.getinfo(pycurl.RESPONSE_CODE)
        if status < 200 or not headers.is_whole:
            return ambiguous(error_types.INCOMPLETE_ANSWER, "the answer broke off within its head")
        body = b"".join(self._pieces)
        try:
            if body:
                body = unpacked(body, headers.get("content-encoding", ""), ANSWER_LIMIT)
        except AnswerTooLargeError as error:
            return too_large(error)
        except zlib.error as error:
            return ambiguous(error_types.BAD_ANSWER, f"the answer cannot be read: {error}")
        return Response(status, headers, body)

    def failure(self, code: int, message: str) -> Cause:
        """Why no answer came, where libcurl ended it with `code`."""
        if self._size > ANSWER_LIMIT:
            return too_large(AnswerTooLargeError(f"the answer is longer than {ANSWER_LIMIT:,} bytes"))
        getinfo = self.curl.getinfo
        return cause_of(Failure(code, message, getinfo(pycurl.OS_ERRNO), sent=getinfo(pycurl.REQUEST_SIZE) > 0))

    def is_silent(self, now: float) -> bool:
        """Whether a request that was begun to be sent moved no byte for too long, as far as looks at it could tell."""
        moved = (pycurl.REQUEST_SIZE, pycurl.SIZE_UPLOAD_T, pycurl.HEADER_SIZE, pycurl.SIZE_DOWNLOAD_T)
        progress = [self.curl.getinfo(each) for each in moved]
        if progress != self._progress:
            self._progress, self._progress_at = progress, now
        return progress[0] > 0 and now - self._progress_at >= self._read_timeout

    def silence(self) -> Cause:
        """What a silent request is called."""
        if self.curl.getinfo(pycurl.SIZE_UPLOAD_T) < len(self._body):
            return ambiguous(
                error_types.WRITE_TIMEOUT, "no more of the request was taken within timeouts.read", timeout=True
            )
        return ambiguous(error_types.READ_TIMEOUT, "no more of an answer within timeouts.read", timeout=True)

    def _read(self, size: int) -> bytes:
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    def _write(self, data: bytes) -> int | None:
        self._size += len(data)
        if self._size > ANSWER_LIMIT:
            return 0  # ends the transfer
        self._pieces.append(data)
        return None


def header_lines(headers: Mapping[str, str]) -> list[bytes]:
    """Headers as libcurl takes them: one without a value would be left out but for the semicolon."""
    return [(f"{name}: {value}" if value else f"{name};").encode("latin-1") for name, value in headers.items()]


class ResponseHead(Mapping[str, str]):
    """The headers of the final answer, parsed when the first of them is looked at: of most answers none is."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        """`lines` are those of interim answers before it and of trailers behind it, too."""
        self._lines = lines

    @property
    def is_whole(self) -> bool:
        """Whether it has an end."""
        return bool(self._lines) and (self._lines[-1] in _BLANK or any(line in _BLANK for line in self._own))

    @cached_property
    def _own(self) -> Sequence[bytes]:
        """The lines behind the last status line."""
        starts = (i for i, line in enumerate(self._lines) if line.startswith(_STATUS_LINE))
        return self._lines[max(starts, default=0) + 1 :]

    @cached_property
    def _headers(self) -> Mapping[str, str]:
        headers: dict[str, str] = {}
        for line in takewhile(lambda line: line not in _BLANK, self._own):
            name, _, value = line.decode("latin-1").partition(":")
            name, value = name.strip().lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return headers

    def __getitem__(self, name: str) -> str:
        return self._headers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)


def _milliseconds(seconds: float) -> int:
    """At least 1: 0 would mean without limit."""
    return max(1, round(seconds * MILLISECONDS))
