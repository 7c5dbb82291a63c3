"""The studio: a REST API and a page that uses it. See ``docs/api.md``."""
