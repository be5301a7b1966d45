"""Resuming: which run a plan goes on with.

resume   which one it is, and whether it may
changes  what is otherwise now than in a run
mended   inputs that were cut short, and are whole now
related  runs of some of the inputs of a load
"""
