"""How the people of a company sign in, as its admins see it: who has a second factor, where somebody is signed in, what is asked."""
