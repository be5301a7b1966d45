"""Lanes: the way to each target, with its queue and its policies.

lane    one target with its queue, breaker, gate and concurrency limit
making  how a lane is made of the settings that all share
queues  the order of batches in a lane
health  what an answer means for the target as a whole
"""
