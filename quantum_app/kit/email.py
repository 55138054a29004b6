"""Parsing and normalizing email addresses."""

from email_validator import EmailNotValidError, validate_email

_INVALID = "Enter a valid email address, like name@example.com."


def normalize_email(text: str) -> str:
    """The address in lowercase, checked by RFC 5321 and 6531. Raises ValueError with a message for the user."""
    try:
        address = validate_email(text.strip(), check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        raise ValueError(_INVALID) from None
    # An encoded word (RFC 2047), which a header turns into another address.
    if "=?" in address:
        raise ValueError(_INVALID)
    return address


def ascii_domain(domain: str) -> str | None:
    """The domain in Punycode (RFC 5891), which can't be mistaken for a lookalike; None if it isn't valid."""
    try:
        return validate_email(f"x@{domain}", check_deliverability=False, test_environment=True).ascii_domain
    except EmailNotValidError:
        return None


def deliverable(address: str) -> str:
    """A normalized address as mail servers take it: the domain in Punycode, the local part unchanged.

    A local part beyond ASCII can only be delivered by servers that support SMTPUTF8 (RFC 6531).
    """
    local, _, domain = address.rpartition("@")
    return f"{local}@{ascii_domain(domain) or domain}"


def canonical_mailbox(address: str) -> str:
    """The key to rate-limit a normalized address by: without the dots and the `+tag` that give one mailbox many."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"
