"""One training: epochs, optimiser, augmentation, evaluation, its record; the search for a learning rate."""
