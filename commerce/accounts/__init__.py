"""Accounts: sign-in, confirmation of addresses, throttles, second factors, sessions."""
