"""From records to the rows of tables and the marks of figures: verdicts, settings, conditions, hard images."""
