"""What a patch of a simulated picture can show."""

from enum import IntEnum


class Thing(IntEnum):
    """What a patch of the picture shows."""

    ROOM = 0
    TABLE = 1
    TOWEL = 2
    HEAD = 3
    TRUNK = 4
    LIMB = 5
    MASK = 6
    DEVICE = 7
    CATHETER = 8
    HAND = 9
    ARM = 10
