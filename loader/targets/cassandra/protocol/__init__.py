"""The native protocol as a load uses it: requests as bytes, and what comes back for each.

frames      batches -> bytes of BATCH and EXECUTE
connection  the driver's connections, quick at the usual answer
wire        one attempt: which host, its time, its answer, once
"""
