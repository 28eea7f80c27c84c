"""What one worker process does: prepare, shard, refit; signals, limits, attempts."""
