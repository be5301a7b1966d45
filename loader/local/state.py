"""State of the local Cassandra, kept between commands."""

from __future__ import annotations

from pathlib import Path

import msgspec

from loader.durable import files
from loader.errors import UsageError
from loader.local.runner import How


class NodeState(msgspec.Struct, frozen=True):
    """How it runs, or ran last, and at which port of loopback."""

    how: How
    port: int


def state_folder() -> Path:
    """The user's folder for it."""
    return files.user_state() / "loader" / "local"


def read_state(folder: Path) -> NodeState | None:
    """None where there is no local Cassandra. Raises UsageError where what is written there cannot be understood."""
    path = folder / "state.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=NodeState)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read: {error}; remove it to start anew") from error


def write_state(folder: Path, state: NodeState) -> None:
    """Remember it durably. Raises OSError."""
    files.write_private(folder / "state.json", msgspec.json.encode(state) + b"\n")


def forget_state(folder: Path) -> None:
    """There is no local Cassandra any more. Raises OSError."""
    (folder / "state.json").unlink()
