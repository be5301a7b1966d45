"""Inputs of all forms, with the truth about them: which rows are good, refused and unreadable."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
import zipfile
from dataclasses import dataclass, field
from random import Random

import pyarrow as pa

REFUSED = "refuse-me"
_TEXTS = ("", "plain", "Ünïcode ✓", 'say "hi"', "comma, semicolon;", "tab\there", "x" * 300)


@dataclass
class Truth:
    """What must become of the rows of an input: each is in exactly one of the three dicts."""

    mark: str  # in the names of refused rows
    good: dict[str, dict] = field(default_factory=dict)  # by id, as the target is to hold them
    refused: dict[str, dict] = field(default_factory=dict)
    broken: dict[tuple[str, int], bytes] = field(default_factory=dict)  # original bytes by source and line

    @property
    def rows(self) -> int:
        return len(self.good) + len(self.refused) + len(self.broken)

    def add(self, row: dict) -> None:
        (self.refused if self.mark in row["name"] else self.good)[str(row["id"])] = row


ODD = ("--skip-lines", "1", "--comment", "#", "--delimiter", "||", "--trim")


class Maker:
    """Makes inputs by chance; ids are unique over all of them. Names that hold `refused` are those of refused rows."""

    def __init__(self, chance: Random, refused: str = REFUSED) -> None:
        self.truth = Truth(refused)
        self._refused = refused
        self._chance = chance
        self._next = 0

    def jsonl(self, source: str, rows: int) -> bytes:
        lines: list[bytes] = []
        for line in range(1, rows + 1):
            if self._chance.random() < 0.03:
                raw = b'{"id": %d, "name": "cut of' % line
                self.truth.broken[source, line] = raw
                lines.append(raw)
                continue
            row = self._row()
            self.truth.add(row)
            lines.append(json.dumps(row, ensure_ascii=self._chance.random() < 0.5).encode())
        return b"\n".join(lines) + b"\n"

    def array(self, source: str, rows: int) -> bytes:
        """One JSON array, some rows of which stand over several lines."""
        return self._json(source, rows, b"[\n", b",\n", b"\n]\n")

    def documents(self, source: str, rows: int) -> bytes:
        """JSON objects one behind the other, some of them over several lines."""
        return self._json(source, rows, b"", b"\n", b"\n")

    def sequence(self, source: str, rows: int) -> bytes:
        """A JSON text sequence."""
        return self._json(source, rows, b"\x1e", b"\n\x1e", b"\n")

    def wrapped(self, source: str, rows: int) -> bytes:
        """An array in an object, at `answer.rows`, with more around it."""
        before = b'{"took": 3, "of": [{"rows": []}], "answer": {\n"rows": [\n'
        return self._json(source, rows, before, b",\n", b'\n], "next": null}, "rows": [1]}\n')

    def _json(self, source: str, rows: int, before: bytes, between: bytes, behind: bytes) -> bytes:
        text = before
        for index in range(rows):
            line = text.count(b"\n") + 1
            if index and self._chance.random() < 0.03:
                raw = self._chance.choice((b'{"id": %d, "name": cut}', b'{"id": %d, "name": "cut}')) % index
                self.truth.broken[source, line] = raw
            else:
                row = self._row()
                self.truth.add(row)
                raw = json.dumps(row, indent=4 if index % 3 == 0 else None).encode()
            text += raw + (between if index < rows - 1 else behind)
        return text

    def csv(self, source: str, rows: int) -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("id", "name", "text"))
        for line in range(2, rows + 2):
            if self._chance.random() < 0.03:
                self.truth.broken[source, line] = b"one field"
                writer.writerow(("one field",))
                continue
            row = {name: str(value) for name, value in self._row().items()}
            self.truth.add(row)
            writer.writerow(row.values())
        return out.getvalue().encode()

    def columns(self, rows: int) -> pa.Table:
        """Typed rows, to be written as Parquet or Arrow."""
        made = [self._row() for _ in range(rows)]
        for row in made:
            self.truth.add(row)
        return pa.Table.from_pylist(made)

    def odd(self, source: str, rows: int) -> bytes:
        """CSV as it comes, to be read by `ODD`."""
        text = "a title\nid||name||text\n"
        for _ in range(rows):
            if self._chance.random() < 0.1:
                text += self._chance.choice(('# a "comment\n', '#||"\n', "\n"))
            if self._chance.random() < 0.03:
                self.truth.broken[source, text.count("\n") + 1] = b"one field"
                text += "one field\n"
                continue
            row = {name: str(value) for name, value in self._row().items()}
            self.truth.add(row)
            text += " || ".join('"' + value.replace('"', '""') + '"' for value in row.values()) + "\n"
        return text.encode()

    def wide(self, source: str, rows: int) -> bytes:
        """CSV in UTF-16."""
        return self.csv(source, rows).decode().encode("utf-16")

    def gzip(self, source: str, rows: int) -> bytes:
        return gzip.compress(self.jsonl(source, rows))

    def zip(self, archive: str, rows: int) -> bytes:
        """Two files: JSONL and CSV."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as into:
            into.writestr("d/a.jsonl", self.jsonl(f"{archive}!/d/a.jsonl", rows))
            into.writestr("b.csv", self.csv(f"{archive}!/b.csv", rows))
        return packed.getvalue()

    def tgz(self, archive: str, rows: int) -> bytes:
        """Two files of JSONL."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as into:
            for name in ("a.jsonl", "d/b.jsonl"):
                data = self.jsonl(f"{archive}!/{name}", rows)
                info = tarfile.TarInfo(name)
                info.size = len(data)
                into.addfile(info, io.BytesIO(data))
        return packed.getvalue()

    def _row(self) -> dict:
        self._next += 1
        name = self._refused if self._chance.random() < 0.06 else "row"
        return {"id": self._next, "name": f"{name} {self._next}", "text": self._chance.choice(_TEXTS)}
