"""The console command `convbench`, and in an installed copy the folders that it starts."""
