"""From records to what a table or figure shows."""
