"""The linters of ``bin/lint``, each with its own environment in the cache."""
