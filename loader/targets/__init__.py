"""Targets: where rows go; one protocol, one package for each kind.

base          the protocol: batcher, sender, target
context       what a target is told of its run
kind          what the program asks of a kind of target: its settings and its opening
kinds         the kinds there are, a line for each
opening       from settings to an open target, with retries
sized_batcher batches by count and bytes, for any target whose rows have a size
submitting    attempts that need a thread, a socket or memory, of which there may be no more
preview       what people are told of a target, with an answer to each question that suits any
dry_run       a target that does everything but send
error_types   error types that kinds of targets share
http          HTTP endpoints
cassandra     tables of Apache Cassandra
"""
