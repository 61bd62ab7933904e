"""The dashboard's pages about money: take what is held, pay back, and see transfers arrive."""
