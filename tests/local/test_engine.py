"""`loader local` with a container engine: a stand-in that records its arguments, with a real Cassandra behind it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loader.local.engine import COMPOSE_FILE
from loader.local.ports import free_ports

_COMPOSE = ["compose", "--file", str(COMPOSE_FILE), "--project-name", "loader-local"]
_LOOKS = [["info"], ["compose", "version"]]
_UP = [*_COMPOSE, "up", "--detach"]
_PS = [*_COMPOSE, "ps", "--quiet"]
_DOWN = [*_COMPOSE, "down"]


@pytest.fixture
def port() -> str:
    return str(free_ports(1)[0])


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_a_local_cassandra_comes_and_goes_in_an_engine(loader, engine, programs, port, name):
    engine(name)
    came = loader("local", "up", "--port", port)
    assert (came.code, came.out) == (0, f"cassandra://127.0.0.1:{port}/KEYSPACE.TABLE\n"), came.err
    assert programs.calls(name) == [*_LOOKS, _DOWN, _UP]

    there = loader("local", "status")
    assert there.code == 0
    assert there.out.splitlines() == [
        f"up at:    127.0.0.1:{port}",
        f"runs in:  {name}, container 0123456789ab",
        "data:     volume loader-local_data",
    ]
    again = loader("local", "up")
    assert (again.code, again.out, again.err) == (0, came.out, "it is up already\n")
    assert programs.calls(name)[4:] == [_PS, *_LOOKS, _PS]

    loader.write("look.cql", "SELECT key FROM system.local")
    asked = loader("local", "cql", "look.cql")
    assert (asked.code, json.loads(asked.out)) == (0, {"key": "local"}), asked.err

    assert loader("local", "down").code == 0
    assert loader("local", "status").code == 3
    assert loader("local", "down", "--purge").code == 0
    assert programs.calls(name)[9:] == [_DOWN, _PS, [*_DOWN, "--volumes"]]
    assert loader("local", "status").out == "not up; `loader local up` starts it\n"


def test_docker_comes_before_podman(loader, engine, programs, port):
    engine("podman")
    engine("docker")
    assert loader("local", "up", "--port", port).code == 0
    assert programs.calls("podman") == []


def test_an_engine_that_does_not_work_is_named_with_what_it_said(loader, engine, programs):
    (engine("docker") / "broken").write_text("Cannot connect to the Docker daemon")
    failed = loader("local", "up")
    assert failed.code == 2
    assert failed.err.splitlines()[:3] == [
        "Error: a local Cassandra needs a container engine, or Java 17 and Maven:",
        "docker does not work: docker info: Cannot connect to the Docker daemon",
        "podman is not on PATH",
    ]
    assert "there is no Java 17" in failed.err.splitlines()[3]
    assert programs.calls("docker") == [["info"]]


def test_data_in_an_engine_are_not_left_behind_for_java(loader, engine, programs, port):
    """It had data in docker; when docker does not work it must not start anew, without them, elsewhere."""
    folder = engine("docker")
    assert loader("local", "up", "--port", port).code == 0
    assert loader("local", "down").code == 0
    (folder / "broken").write_text("no daemon")
    programs.add("java", "echo 'openjdk version \"17.0.15\"' >&2")
    failed = loader("local", "up")
    assert failed.code == 2
    assert failed.err == (
        "Error: the local Cassandra and its data are in docker, but docker does not work: docker info: no daemon\n"
    )
    assert programs.calls("java") == []


def test_an_engine_that_fails_while_it_runs_is_a_sentence(loader, engine, port):
    folder = engine("docker")
    assert loader("local", "up", "--port", port).code == 0
    (folder / "broken").write_text("no daemon")
    failed = loader("local", "status")
    assert (failed.code, failed.err) == (3, "Error: docker compose: no daemon\n")


def test_the_compose_file_publishes_on_loopback_alone_and_is_the_one_of_the_samples():
    text = COMPOSE_FILE.read_text()
    assert "    image: cassandra:5.0\n" in text
    assert '    ports:\n      - "127.0.0.1:${LOADER_LOCAL_PORT:-9042}:9042"\n    environment:' in text
    assert (Path(__file__).parents[2] / "samples" / "compose.yaml").read_text() == text
