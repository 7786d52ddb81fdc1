"""Invariants that a program checks while it injects faults."""

from dataclasses import dataclass, field


@dataclass
class Invariants:
    """The violations found so far."""

    violations: list[str] = field(default_factory=list)

    def expect(self, what: str, *, holds: bool) -> None:
        """Record and print a violation unless an invariant holds."""
        if not holds:
            self.violations.append(what)
            print(f"VIOLATED: {what}", flush=True)
