"""What is shown: tables, figures, sentences, the page."""
