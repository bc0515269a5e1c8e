"""Data sets as uint8 tensors: the catalogue, folders of images, splits, normalisation."""
