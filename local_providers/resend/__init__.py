"""Resend's `POST /emails`; what it is given is kept in a mailbox instead of being sent."""
