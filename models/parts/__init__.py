"""What architectures are built of: layers, blocks, geometry, options."""
