"""The errors that the trainer raises at its users."""


class TrainerError(ValueError):
    """Something that the caller gave cannot be used; the text is a sentence that says what and why."""


class SourceError(TrainerError):
    """What was named as a source of data is not there, or cannot be read."""
