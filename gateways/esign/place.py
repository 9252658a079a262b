"""Where something is shown on a paper."""

from dataclasses import dataclass

_ROUNDED = 1.5


@dataclass(frozen=True)
class Place:
    """Where a signature is shown: page from 1, the rest in points from the page's lower left corner."""

    page: int
    x: float
    y: float
    width: float
    height: float

    def holds(self, other: "Place") -> bool:
        """Whether another place lies in this one, but for rounding."""
        return other.page == self.page and all(
            abs(one - two) <= _ROUNDED
            for one, two in zip(self._corners(), self.with_room_for(other)._corners(), strict=True)
        )

    def with_room_for(self, other: "Place") -> "Place":
        """The smallest place on the same page that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        top = max(self.y + self.height, other.y + other.height)
        return Place(self.page, x, y, right - x, top - y)

    def _corners(self) -> tuple[float, float, float, float]:
        return self.x, self.y, self.x + self.width, self.y + self.height
