"""Draws every picture of the demo shop Lindenblatt. Needs Pillow and numpy; the shop does not."""
