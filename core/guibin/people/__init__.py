"""The company's people as its admins see them: org units, members of staff, posts, and who may do what."""
