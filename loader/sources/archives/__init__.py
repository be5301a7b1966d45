"""Archives: each file in a zip or tar archive is an input of its own, named `archive.zip!/inner.csv`.

member            file in an archive as a location
zip_files         members of zip archives
tar_files         members of tar archives, compressed or not
unpacking         patterns as they are typed -> locations, those in archives among them
"""
