# SPDX-License-Identifier: Apache-2.0
"""What out/ writes as JSON is JSON to another parser, and says what was put in."""
import json
import os
import subprocess

build = os.environ["HEAPSCOPE_BUILD"]
raw = subprocess.run([os.path.join(build, "check_out"), "--emit"], stdout=subprocess.PIPE, check=True).stdout
document = json.loads(raw.decode("utf-8"))  # strict: a byte that is no UTF-8 is an error
rows = document["rows"]
assert len(rows) == 0xFFFF, len(rows)


def expected(data):
    """Valid UTF-8 as it is; each byte that is none as the four characters \\xNN."""
    return data.decode("utf-8", "backslashreplace")


for i, row in enumerate(rows, 1):
    pair = bytes([i & 0xFF or ord("b"), i >> 8 or ord("b")])
    want = expected(b"a" + pair + b"z")
    assert row == {"s": want}, (i, row, want)
assert not any(0xD800 <= ord(c) < 0xE000 for row in rows for c in row["s"])
# No control character stands in the document itself but the line ends that lay it out.
assert not [b for b in raw if b < 0x20 and b != 0x0A or b == 0x7F]
assert document["totals"] == {'"key\n': expected(b"\xed\xa0\x80")}, document["totals"]
assert document["incomplete"] == ['\\xff"\\\\n'], document["incomplete"]
print(f"{len(rows)} strings came back as they went in")
