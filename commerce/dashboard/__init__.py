"""Dashboard views, forms and tables, and the permission table of their URLs."""
