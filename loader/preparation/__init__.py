"""Preparation: chunks become rows, rows become batches.

base        the protocol, and preparation in this process
preparer    parses, maps and batches one chunk; also used by worker processes (`loader.workers`)
"""
