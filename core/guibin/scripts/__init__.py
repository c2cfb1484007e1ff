"""Scripts: what a company's own admin writes for the hooks of packs, run in processes of their own and nowhere else."""
