"""`flask demo seed`: a town to look at, made through the same use cases as everything else."""
