"""Runs: what is decided, opened and joined before the engine starts, and reported after it ends.

plan            what a load will do
planning        plans made from inputs, target and config
queue_filters   whether letters match the filters of a replay
paths           that no file of a load is used for two things
first_rows      first rows of an input, read to be looked at
likely_settings   other ways to read an input, tried on its first rows
resuming        which run a plan goes on with, and whether it may
run_files       the files of a run: opened, locked, described
opened_targets  targets, opened with the retries of `[retry]`
input_kinds     fresh rows, or letters of queues
executions      where rows are prepared and sent: in this process, or in workers, and in how many
assemble        the parts of the engine joined
observers       who is told of events
load            a load from end to end
omissions       inputs without rows and columns without values, told at the end
report_files    where a report is written
reporting       snapshots, and the final report
"""
