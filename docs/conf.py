"""Sphinx's settings: `make docs` builds docs/*.md to docs/_build/html/, without a request to the network."""

import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]

project = "convbench"
release = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
extensions = ["myst_parser", "sphinx_copybutton"]
exclude_patterns = ["_build"]
nitpicky = True
smartquotes = False  # it would make a dash of the two hyphens of an option
myst_heading_anchors = 3  # links such as measurements.md#growth

html_theme = "furo"
html_title = "convbench"
html_static_path = ["_static"]
html_css_files = ["narrow.css"]
html_copy_source = False
html_show_copyright = False
