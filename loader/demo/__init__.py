"""The whole story in ten seconds: sample files, a sink that misbehaves, dead letters, a replay."""
