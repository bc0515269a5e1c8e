"""Models: loading, queues, batches, versions."""
