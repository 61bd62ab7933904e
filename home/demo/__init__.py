"""The demo shop's pages, accounts and the order in which all of it is loaded."""
