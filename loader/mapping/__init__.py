"""Mapping of row fields to what a target takes: names, types and templates."""
