"""Runs: what is decided, opened and joined before the engine starts, and reported after it ends.

plan            what a load will do
resume          which run a plan goes on with, and whether it may
changes         what is otherwise now than in a run
related         runs of some of the inputs of a load
run_files       the files of a run: opened, locked, described
opening         targets, opened with the retries of `[retry]`
worker_count    number of worker processes
input_kinds     fresh rows, or letters of queues
execution       where rows are prepared and sent: in this process, or in workers
assemble        the parts of the engine joined
observers       who is told of events
load            a load from end to end
reporting       snapshots, and the final report
"""
