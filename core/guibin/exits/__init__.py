"""A company's exit pack: everything it holds in open formats, signed, so that it can leave."""
