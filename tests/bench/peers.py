"""The other loaders, each made once and kept in the cache."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench.cache import made_once, step

BENTHOS = "v4.60.0"
DSBULK = "1.10.0"
CQLSH = "6.2.2"
_DSBULK_PARTS = (
    "dsbulk-runner",
    "dsbulk-workflow-load",
    "dsbulk-connectors-csv",
    "dsbulk-connectors-json",
    "dsbulk-codecs-text",
    "dsbulk-codecs-jdk",
    "dsbulk-batcher-reactor",
    "dsbulk-executor-reactor",
)
_MAIN = """package main

import (
	"context"

	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
)

func main() {
	service.RunCLI(context.Background())
}
"""
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>bench</groupId>
  <artifactId>dsbulk</artifactId>
  <version>1</version>
  <dependencies>
{parts}
  </dependencies>
</project>
"""
_PART = (
    "    <dependency><groupId>com.datastax.oss</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
)


def benthos() -> Path:
    """The program of Benthos, built by Go."""
    return made_once(f"benthos-{BENTHOS}", _build_benthos) / "benthos"


def cqlsh() -> Path:
    """The program of cqlsh, in an environment of its own."""
    return made_once(f"cqlsh-{CQLSH}", _install_cqlsh) / "bin" / "cqlsh"


def dsbulk() -> str:
    """The class path of DSBulk."""
    return f"{made_once(f'dsbulk-{DSBULK}', _fetch_dsbulk)}/lib/*"


def _build_benthos(folder: Path) -> None:
    (folder / "main.go").write_text(_MAIN)
    step(["go", "mod", "init", "bench"], folder)
    step(["go", "get", f"github.com/redpanda-data/benthos/v4@{BENTHOS}"], folder)
    step(["go", "mod", "tidy"], folder)
    step(["go", "build", "-o", "benthos", "."], folder)


def _install_cqlsh(folder: Path) -> None:
    # A virtual environment cannot be moved, so it names its final place from the start.
    final = folder.with_name(folder.name.rpartition(".")[0])
    step([sys.executable, "-m", "venv", str(folder)])
    step([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", f"cqlsh=={CQLSH}"])
    script = folder / "bin" / "cqlsh"
    script.write_text(script.read_text().replace(str(folder), str(final)))


def _fetch_dsbulk(folder: Path) -> None:
    parts = "\n".join(_PART.format(part, DSBULK) for part in _DSBULK_PARTS)
    (folder / "pom.xml").write_text(_POM.format(parts=parts))
    step(["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"], folder)
