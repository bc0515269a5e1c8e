"""Everything that runs, judges and shows the studies; rooms below import downwards only."""
