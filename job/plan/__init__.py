"""Trials into shards: digests, costs, balance."""
