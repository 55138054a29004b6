"""E-mail addresses, in one form."""

from email_validator import EmailNotValidError, validate_email


def normalised(text: str) -> str:
    """The address in lower case, by RFC 5321 and 6531. Raises ValueError, in words for a person."""
    try:
        return validate_email(text.strip(), check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError as error:
        raise ValueError(f"This is not an e-mail address: {error}") from None


def ascii_domain(domain: str) -> str | None:
    """A domain as browsers show one that could be taken for another (RFC 5891); None when it is none."""
    try:
        return validate_email(f"x@{domain}", check_deliverability=False, test_environment=True).ascii_domain
    except EmailNotValidError:
        return None


def mailbox(address: str) -> str:
    """What to count attempts by: a normalised address without the dots and the `+tag` by which one person has many."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"
