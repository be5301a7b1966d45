"""What may be gone on with as a queue, and what is somebody's file."""

from __future__ import annotations

import pytest

from loader.dlq.errors import DlqError
from loader.dlq.recognition import check_is_queue

LETTER = b'{"timestamp":"2026-11-24T10:15:00.000000+00:00","error":"no","error_type":"http_422","row":{"id":1}}\n'
EDITED = b'{"error_type": "http_422", "row": null, "error": "no", "timestamp": "2026-11-24T10:15:00"}\n'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        LETTER,
        EDITED,
        LETTER[:-1],
        b"damaged\n" + LETTER,
        LETTER + b"damaged",
        *(LETTER[:n] for n in (1, 9, 20, 50)),
    ],
)
def test_a_queue_is_gone_on_with_however_it_was_left(tmp_path, content):
    path = tmp_path / "dead.jsonl"
    path.write_bytes(content)
    check_is_queue(path)


@pytest.mark.parametrize(
    "content",
    [
        b'{"id":1}\n',
        b'{"id":1}',
        b"id,name\n1,a\n",
        b"\n",
        b'{"timestamp":"2026-11-24T10:15:00","id":1}\n',
        b'{"timestamp":"2026-11-24T10:15:00","id":1}',
        b'{"run_id":"x","status":"complete"}\n',
        b"\x1f\x8b\x08\x00",
    ],
)
def test_what_is_no_queue_is_not_taken_for_one(tmp_path, content):
    path = tmp_path / "dead.jsonl"
    path.write_bytes(content)
    with pytest.raises(DlqError, match="something else than dead letters"):
        check_is_queue(path)
    assert path.read_bytes() == content


def test_a_path_that_is_free_or_no_file_is_left_to_the_writer(tmp_path):
    check_is_queue(tmp_path / "none")
    check_is_queue(tmp_path)
