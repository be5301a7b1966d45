"""The sample files, which are part of the package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from loader.errors import UsageError

SAMPLES = Path(__file__).resolve().parent / "files"


def copy_samples(folder: Path) -> Iterator[Path]:
    """Put them into `folder`, which is made if it is not there; yields each that was put there.

    Raises UsageError where that cannot be done, or a file of that name is there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for sample in sorted(SAMPLES.iterdir()):
            with (folder / sample.name).open("xb") as copy:
                copy.write(sample.read_bytes())
            yield folder / sample.name
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror}; name another folder") from error
