"""Config: TOML and flags as typed sections, validated as a whole before anything starts.

values       kinds of values: durations, sizes, words, lists ...
declaration  what is said of a key beside its default
characters   kinds of keys that hold one character
urls, headers, auth, items, accept      what the keys of an HTTP target hold
cassandra_url, tls              what those of a Cassandra table hold
http_target, cassandra_target   their sections
secrets      what is never shown
sections     every key, once: default, kind, meaning
failures     those sections that say how a target in trouble is met
lines        key -> line of the TOML text
problems     everything wrong, told at once
document     file -> TOML
expansion    ${VAR} and file:
targets      keys of a target -> target
checks       rules between keys
load, resolve                   file and flags -> Config; --to -> target
describe, example               what differs from defaults; all defaults
"""

from __future__ import annotations

from loader.config.describe import describe
from loader.config.load import load
from loader.config.problems import ConfigError, Problem
from loader.config.resolve import resolve_target
from loader.config.secrets import Secrets
from loader.config.sections import CassandraTarget, Config, HttpTarget, TargetSettings
from loader.config.urls import public_url

__all__ = [
    "CassandraTarget",
    "Config",
    "ConfigError",
    "HttpTarget",
    "Problem",
    "Secrets",
    "TargetSettings",
    "describe",
    "load",
    "public_url",
    "resolve_target",
]
