"""What a set of manifests does and where it is broken: one verb per command, trace, check, diff, inspect."""
