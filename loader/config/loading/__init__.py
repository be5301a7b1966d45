"""Loading: the text of a config and flags -> settings, with all problems told at once.

load_config  file and flags -> Config
resolve      --to -> target
targets      keys of a target -> target
checks       rules between keys
"""
