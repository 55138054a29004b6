"""Phone numbers, in one form: E.164 (`+4930123456`)."""

import phonenumbers


def normalised(text: str) -> str:
    """The number with its country code. Raises ValueError, in words for a person."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValueError("This is not a phone number with its country code, like +49 30 123456.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
