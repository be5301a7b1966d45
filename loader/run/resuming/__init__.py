"""Resuming: which run a plan goes on with.

resume   which one it is, and whether it may
changes  what is otherwise now than in a run
related  runs of some of the inputs of a load
"""
