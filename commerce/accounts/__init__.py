"""Accounts: signing in, proving addresses, throttles, second factors, sessions."""
