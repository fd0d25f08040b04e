"""One script per figure, named after its slug; the vector files go to `figures/output/`."""
