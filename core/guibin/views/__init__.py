"""How people want their lists: views with a name, their own or shared, and the columns and the view each begins with."""
