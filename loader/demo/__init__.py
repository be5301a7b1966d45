"""Demonstration: sample files, a sink that misbehaves, dead letters, and their replay, in ten seconds."""
