"""Errors as sentences: which setting, the rule, the value received, what to do."""


class HpsearchError(Exception):
    """The work failed for a reason that the text explains; the base of all errors raised on purpose."""


class UsageError(HpsearchError):
    """What the user gave cannot be used: a config, an argument, a file, a sweep's name."""


class Interrupted(BaseException):
    """The user asked to stop; everything finished by then is in the store.

    No Exception, so that nothing which mends a trial's or a sweep's own failures takes it for one.
    """
