"""Remote inputs: web servers and buckets, read by ranges, ahead, and with mirrors.

web, objects         kinds of locations: https:// and http://; s3://, gs:// and az://
remote_file          one input with its mirrors
origin               protocol of places that are asked one attempt at a time
web_origin           a URL; web_failures: what went wrong with it
object_origin        an object of a bucket; stores: buckets and credentials
file_origin          a file of this machine, as a mirror
mirrors              what may stand in for an origin
pinned               that all bytes are of one content
turns                who is asked next, and when
fetching             ranges, halves of them, takeovers
read_ahead           bytes in order, fetched by a thread
pieces               bytes that are dropped
"""
