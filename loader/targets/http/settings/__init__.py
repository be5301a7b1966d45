"""Settings of an HTTP target: its section of the config, and what its keys hold.

http_target      every key once, with default and meaning
endpoint_url     url and proxy
headers          headers of all requests, and the one for the idempotency key
row_answers      items: where an answer speaks of each row
accept           what a whole answer must say
"""
