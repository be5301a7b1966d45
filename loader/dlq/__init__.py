"""Dead letter queues: written, read back, replayed and inspected."""
