"""CSV files of subgroups: whatever is wrong with one is said in one line."""

from __future__ import annotations

import pytest
from assertions import assert_one_line

from theory import groups_csv

HEADER = "must be n or share, positives (with n) or p, and optionally name, each once"
BAD_FILES = [
    ("", HEADER),
    ("n,positives\n", "number of rows below the header of {path} is 0: must be at least 1"),
    ("n\n3\n", HEADER),
    ("name,p\na,1/2\n", HEADER),
    ("share,positives\n1,1\n", HEADER),
    ("n,share,p\n1,1,1\n", HEADER),
    ("n,positives,p\n1,1,1\n", HEADER),
    ("n,n,p\n1,1,1\n", HEADER),
    ("name,name,n,p\na,b,1,1\n", HEADER),
    ("n;positives\n3;1\n", "header of {path} is 'n;positives'"),
    ("n,positives,extra\n3,1,1\n", "header of {path} is 'n,positives,extra'"),
    ('"n\n",p,x\n3,1,1\n', HEADER),
    ("n,positives\n3,1\n3\n", "{path}, line 3 has 1 fields: must have 2, as the header has"),
    ("n,positives\n3,1,\n", "{path}, line 2 has 3 fields: must have 2"),
    (
        "name,n,positives\nold,10,12\n",
        "{path}, line 2 (subgroup 'old'), positives is 12: must be at most n = 10",
    ),
    (
        "n,positives\n3,1\n\n3,4\n",
        "{path}, line 4, positives is 4: must be at most n = 3",
    ),
    ("n,positives\n-3,1\n", "{path}, line 2, n is '-3': must be a whole number from 1 up"),
    ("n,positives\n0,0\n", "{path}, line 2, n is '0': must be a whole number from 1 up"),
    ("n,positives\n3,-1\n", "{path}, line 2, positives is '-1': must be a whole number from 0 up"),
    ("n,positives\n3,1.5\n", "positives is '1.5': must be a whole number"),
    ("n,positives\nmany,1\n", "n is 'many': must be a whole number"),
    ("n,positives\n1_0,1\n", "n is '1_0': must be a whole number"),
    ("n,positives\n,1\n", "n is '': must be a whole number"),
    ("n,positives\n" + "9" * 16 + ",1\n", "of at most 15 digits"),
    ("n,p\n3,1.5\n", "{path}, line 2, p is 1.5: must lie in [0, 1]"),
    ("n,p\n3,-0.5\n", "{path}, line 2, p is -0.5: must lie in [0, 1]"),
    ("n,p\n3,nan\n", "{path}, line 2, p is 'nan': expected a decimal"),
    ("n,p\n3,inf\n", "{path}, line 2, p is 'inf': expected a decimal"),
    ("n,p\n3,high\n", "{path}, line 2, p is 'high': expected a decimal"),
    ("share,p\n0,0.5\n1,0.5\n", "{path}, line 2, share is 0: must lie in (0, 1]"),
    ("share,p\n-1,0.5\n2,0.5\n", "{path}, line 2, share is -1: must lie in (0, 1]"),
    ("share,p\n0.5,0.5\n0.4,0.5\n", "sum of column share of {path} is "),
    ('n,p\n"3,1\n', "{path}, line 2 is not valid CSV: unexpected end of data"),
    (b"n,p\n3,\xff\n", "--groups is {path}: must be text in UTF-8"),
    ("n,p\n3,1\n".encode("utf-16"), "--groups is {path}: must be text in UTF-8"),
]


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(("text", "message"), BAD_FILES)
def test_bad_files_end_with_one_line(cli, write, tmp_path, monkeypatch, text, message, large):
    if large:
        monkeypatch.setattr(groups_csv, "EXACT_UP_TO", 0)
    path = write(text)
    outcome = cli("--groups", path, "--plot", tmp_path / "frontier.svg", "--alpha", "0.3")
    assert_one_line(outcome, message.format(path=path))
    assert list(tmp_path.iterdir()) == [path]
