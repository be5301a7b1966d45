"""Config: TOML and flags as typed sections, validated as a whole before anything starts.

values       kinds of values: durations, sizes, words, lists ...
mapping_types, time_zones       types of fields, and zones of times, as keys
declaration  what is said of a key beside its default
characters   kinds of keys that hold characters
encodings    encodings of text, as a key
expressions  paths of fields, calls of functions, and conditions
urls, auth, header_rules        logins and secrets of URLs, credentials, headers that may be set
target_kind, target_kinds       what is known of the settings of each kind of target; the kinds by scheme
secrets      what is never shown
sections     every key, once: default, kind, meaning
failures     those sections that say how a target in trouble is met
toml         the text of a config: its tables, lines, ${VAR} and file:
problems     everything wrong, told at once
contradiction                   what does not go together
loading      file and flags -> Config; --to -> target; rules between keys
describe, example               what differs from defaults; all defaults
"""

from __future__ import annotations

from loader.config.describe import describe
from loader.config.loading.load_config import load, load_document
from loader.config.loading.resolve import resolve_target
from loader.config.problems import ConfigError, Problem
from loader.config.secrets import Secrets
from loader.config.sections import Config
from loader.config.target_kind import TargetSettings
from loader.config.target_kinds import TargetKinds
from loader.config.urls import public_url

__all__ = [
    "Config",
    "ConfigError",
    "Problem",
    "Secrets",
    "TargetKinds",
    "TargetSettings",
    "describe",
    "load",
    "load_document",
    "public_url",
    "resolve_target",
]
