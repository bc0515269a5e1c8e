"""The speed at which arms train and answer: all of a study take turns in one process, after the trials and alone."""
