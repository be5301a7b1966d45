"""Command line: parses, calls, and returns exit codes. Nothing else in the package imports it.

main          entry point; errors become exit codes here
options       options that several commands share
push, replay, resume, rehearse, check, infer, dlq, config, sink, local, demo    a command each
loading       a plan run: screen, report, next command
talk          how much is said, and what a next command must repeat
next_step     the command that helps after a load
rehearsing    a rehearsal run and shown
checking, understood    what `loader check` prints of config, target and inputs
proposing     what `loader infer` finds, shown or written
exporting     what `loader dlq export` writes and tells
"""
