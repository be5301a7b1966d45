"""Targets: where rows go; one protocol, one package for each kind."""
