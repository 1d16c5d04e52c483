"""Developer tooling of the repository: set-up, tests, linters, benchmarks, demo.

Only the standard library is used here, because these modules run before any
virtual environment exists.
"""
