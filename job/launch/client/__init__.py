"""What a laptop does with a cluster: submits a study, finds its run, and says how it stands."""
