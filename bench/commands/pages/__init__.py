"""The generated parts of README.md and docs/: one file per kind of page, each a function from evidence to Markdown."""
