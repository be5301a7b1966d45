"""Demonstration: sample files, a sink that misbehaves, dead letters, and their replay, in ten seconds.

scenario    its steps, each the real command
samples     the sample files, part of the package
"""
