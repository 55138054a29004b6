"""E-mail addresses, in one form."""

from email_validator import EmailNotValidError, validate_email


def normalised(text: str) -> str:
    """The address in lower case, by RFC 5321 and 6531. Raises ValueError, in words for a person."""
    try:
        return validate_email(text.strip(), check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError as error:
        raise ValueError(f"This is not an e-mail address: {error}") from None
