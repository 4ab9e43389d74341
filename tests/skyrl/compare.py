"""Compares a report of `tinkerjs contract --json` on stdin with the outcomes that are expected."""

import json
import sys
from pathlib import Path

expected = json.loads(Path(sys.argv[1]).read_text())
report = json.load(sys.stdin)
found = {f"{finding['area']}: {finding['check']}": finding for finding in report["findings"]}


def allowed(name: str) -> list[str]:
    # What works as the protocol says is not listed; what depends on who is faster has several.
    outcomes = expected.get(name, "supported")
    return outcomes if isinstance(outcomes, list) else [outcomes]


wrong = [
    f"{name}: {finding['outcome']} ({finding['detail']}), expected {' or '.join(allowed(name))}"
    for name, finding in found.items()
    if finding["outcome"] not in allowed(name)
]
wrong += [f"{name}: there is no such check" for name in expected if name not in found]
print(json.dumps(report["counts"]), *wrong, sep="\n")
sys.exit(1 if wrong else 0)
