"""Error types of letters that a replay cannot take."""

from loader.error_types import DATA, ErrorType

DAMAGED_LETTER = ErrorType(
    "damaged_letter",
    DATA,
    "a line of the dead letter queue is no letter, or does not say clearly what its row is",
    "these lines of the dead letter queue are damaged; mend them by hand",
)
