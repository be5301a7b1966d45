"""Locations: the places that inputs come from.

    base              protocols: location, kind of location, fingerprint
    access            how they are reached, as the config says
    readiness         many of them looked at together
    sites             servers, buckets and disks, each with its breaker
    byte_source       bytes in order, as an opened location gives them
    kinds             the list of kinds, and patterns as they are typed -> locations
    local_files       files and FIFOs of this machine, globs
    remote            web servers and buckets
    lists             files that name inputs, one a line
    standard_input    what is piped into the program
    given_rows        rows that a program gives
    globs             patterns of what lies in buckets and archives, as those of paths
    random_access     what lies at one as a file object of Python
    descriptor        an open file, pipe or device, read without buffers
    names             what inputs without a name of their own are called

Nobody else opens an input, looks at its file, or makes anything of how it is spelled.
"""

from loader.sources.locations.access import Access, access_of
from loader.sources.locations.base import Fingerprint, Location, LocationKind
from loader.sources.locations.kinds import check_mirrors, located, secrets_of
from loader.sources.locations.lists import listed
from loader.sources.locations.readiness import make_ready

__all__ = [
    "Access",
    "Fingerprint",
    "Location",
    "LocationKind",
    "access_of",
    "check_mirrors",
    "listed",
    "located",
    "make_ready",
    "secrets_of",
]
