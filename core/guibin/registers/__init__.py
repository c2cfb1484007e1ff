"""The register of a customer's file: registered span by span, analysed, frozen year by year (S02-5)."""
