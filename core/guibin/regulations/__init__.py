"""The rules that companies wrote down, and where each is: the packs' values, the code that runs it, the tests that prove it."""
