"""HTTP target: rows as JSON, in requests over pooled connections, with answers read row by row.

kind                what the program knows of HTTP targets
settings            the section of one in the config
target              batches as requests, answers as results
request_builder     requests that differ in their body alone, or are made for one row each
body                framing of rows, and the wrapper around them
url_parts           parts of the target's URL
request             requests and answers, as values
transport           protocol: for each request an answer, or why there is none
transports          which transport a target has: curl or pooled
curl, curl_exchange, curl_failures, idle_sockets, self_pipe    over libcurl
pooled, threads, connections, attempt               over urllib3's pool
connection_setup    certificates, proxies and environment, settled once
certificates        which certificates name a host
tls_files           files of certificates and keys
content_coding      compressed answers, unpacked within a bound
classify            what a complete answer means
failed_exchanges    what it means that none came
answers, items, json_paths    what an answer says of the request, and of each row
error_types         error types of answers, and of exchanges without one
preview             requests and settings as text, secrets masked
"""
