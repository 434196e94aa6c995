"""The site: the written pages as they are, what the code says of itself, and Sphinx to make pages of both.

Pages are staged in docs/_build/source and built in docs/_build/html; nothing that is generated is committed.
"""
