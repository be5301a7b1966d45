"""Loader beside its peers on this machine: `make bench`, or `make bench ONLY=http-batches`; no part of `make test`.

process       a whole process measured: wall time, CPU, peak memory
launcher      the small process that starts it, so that its memory is its own
cache         where peers and rows are kept between runs
rows          the files that are loaded
nginx         an HTTP server that answers 204, and what its log says it got
item_server   an HTTP server that answers row by row
cassandra     the table that is loaded, and how many rows it holds
peers         the other loaders, each made once
pattern       one of them: the driver's `execute_concurrent_with_args`
sides         loader and its peers as command lines, with what their target must hold afterwards
comparisons   the named comparisons and their bars
measuring     pairs in turns, medians and ranges
curves        the scale curve, and the grid of workers by requests in flight
report        Markdown and JSON
"""
