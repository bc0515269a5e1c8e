"""One run of `pytest bench/`: options, plan, session, and where its trials are trained."""
