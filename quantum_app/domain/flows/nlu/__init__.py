"""What a caller's words mean, by rules: dialogue acts, and values of variables. Pure, and the same every time."""
