"""What the programs share that count broken promises."""

from dataclasses import dataclass, field


@dataclass
class Promises:
    """Which ones were broken."""

    broken: list[str] = field(default_factory=list)

    def expect(self, what: str, *, kept: bool) -> None:
        """Note down a promise that is not kept."""
        if not kept:
            self.broken.append(what)
            print(f"BROKEN: {what}", flush=True)
