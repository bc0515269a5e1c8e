"""One training: epochs, optimiser, augmentation, evaluation, and its record."""
