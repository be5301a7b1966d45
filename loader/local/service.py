"""Service of the local Cassandra: one per user, in a container or as a Java process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loader.durable import files
from loader.errors import UsageError
from loader.local.address import HOST, Address, answers_cql
from loader.local.engine import EngineRunner
from loader.local.errors import MissingError
from loader.local.java_runner import JavaRunner
from loader.local.ports import free_ports, is_free
from loader.local.runner import Runner, Say
from loader.local.state import NodeState, forget_state, read_state, write_state
from loader.local.waiting import exclusively

_PORT = 9042
_PROJECT = "loader-local"


@dataclass(frozen=True, slots=True)
class Status:
    """A local Cassandra that answers: where, and what is worth knowing of it, as label -> text."""

    address: Address
    facts: dict[str, str]


class LocalCassandra:
    """Brings it up, looks at it, takes it down. What is remembered of it is in `folder`; `say` tells what goes on.

    Raises UsageError where something must be mended first, and NodeError.
    """

    def __init__(self, folder: Path, say: Say) -> None:
        self._folder = folder
        self._say = say
        self._runners: list[Runner] = [
            EngineRunner("docker", _PROJECT),
            EngineRunner("podman", _PROJECT),
            JavaRunner(folder / "node", say),
        ]

    def up(self, port: int | None = None) -> Address:
        """Bring it up, unless it is, at `port` or the one it had or 9042 or a free one; returns when it answers."""
        with self._alone():
            state = read_state(self._folder)
            runner = self._choose(state)
            if state and (status := _status(runner, state)):
                if port not in {None, status.address.port}:
                    raise UsageError(f"it is up already, at {status.address}; take it down first to change the port")
                self._say("it is up already")
                return status.address
            runner.down(purge=False)  # what runs and does not answer
            address = Address(HOST, port or _choose_port(state))
            if not is_free(HOST, address.port):
                raise UsageError(f"{address} is taken by another program; name another --port")
            write_state(self._folder, NodeState(runner.how, address.port))
            runner.up(address.port)
            return address

    def down(self, *, purge: bool = False) -> bool:
        """Take it down, and remove its data with `purge`; False where there was none."""
        with self._alone():
            state = read_state(self._folder)
            if state is None:
                return False
            self._runner(state).down(purge=purge)
            if purge:
                forget_state(self._folder)
            return True

    def status(self) -> Status | None:
        """What is up; None where nothing is, or nothing that answers."""
        state = read_state(self._folder)
        return _status(self._runner(state), state) if state else None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process brings it up or takes it down meanwhile; OSError becomes UsageError."""
        try:
            files.make_folder(self._folder)
            with exclusively(self._folder / "lock"):
                yield
        except OSError as error:
            raise UsageError(f"{self._folder}: cannot be used: {error}") from error

    def _runner(self, state: NodeState) -> Runner:
        return next(runner for runner in self._runners if runner.how == state.how)

    def _choose(self, state: NodeState | None) -> Runner:
        """The one that has the data; where none has, the first that can be used. Raises MissingError."""
        if state:
            runner = self._runner(state)
            try:
                runner.prepare()
            except MissingError as error:
                raise MissingError(f"the local Cassandra and its data are in {runner.how}, but {error}") from error
            return runner
        faults: list[str] = []
        for runner in self._runners:
            try:
                runner.prepare()
            except MissingError as error:
                faults.append(str(error))
                continue
            if faults:
                self._say(f"not in a container: {'; '.join(faults)}")
            return runner
        raise MissingError("\n".join(["a local Cassandra needs a container engine, or Java 17 and Maven:", *faults]))


def _status(runner: Runner, state: NodeState) -> Status | None:
    facts = runner.describe()
    address = Address(HOST, state.port)
    return Status(address, facts) if facts and answers_cql(address) else None


def _choose_port(state: NodeState | None) -> int:
    wanted = ([state.port] if state else []) + [_PORT]
    return next((port for port in wanted if is_free(HOST, port)), None) or free_ports(1)[0]
