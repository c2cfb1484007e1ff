"""A company's new key seals what its former ones sealed, while the company is served."""
