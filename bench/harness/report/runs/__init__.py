"""Runs beside each other, as they are shown: a table, slopes from run to run, their files."""
