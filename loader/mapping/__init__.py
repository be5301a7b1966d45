"""Fields of rows -> what a target takes: names, types and templates."""
