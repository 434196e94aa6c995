"""Files, folders and standard input to documents, each value with its line."""
