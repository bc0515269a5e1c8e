"""Building material of architectures: layers, blocks, geometry, options."""
