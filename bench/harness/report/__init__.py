"""The report: tables, figures, sentences, the page."""
