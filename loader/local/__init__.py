"""A real Apache Cassandra on loopback, for trying, rehearsing and testing.

errors   what can be wrong, named by what to do about it
java     finds a Java 17
jars     Cassandra's jars, fetched once by Maven into a cache
jvm      the command line of a node, and the files it reads
launch   a script that becomes the server: nobody's child, and tethered to who started it
node     one node: started, waited for, stopped, killed, started again
ports    free ports for servers that listen a little later
"""
