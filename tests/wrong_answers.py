"""Wrong answers to the exercises that somebody who read the lesson may well give.

Bodies of the functions that the lessons ask for, by the lesson's number.
"""

WRONG = {
    "02": [
        "return width // 2",  # every stride is 2
        "return width // stride",  # rounded down
        "return round(width / stride)",
        "return (width - 4) // stride + 1",  # without the rim of zeros
        "return width / stride",
    ],
}
