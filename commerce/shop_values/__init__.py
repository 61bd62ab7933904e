"""The values that a merchant’s settings may take, and what follows from them. Pure: no ORM."""
