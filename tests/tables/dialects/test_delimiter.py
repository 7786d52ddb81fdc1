"""Delimiter and quotes of text files."""

import pytest

from mlapp.errors import Unacceptable, UnreadableBody
from mlapp.tables.dialects.delimiter import Style, find_style


@pytest.mark.parametrize(
    ("text", "style", "second"),
    [
        ("a,b\n1,2\n", Style(","), ["1", "2"]),
        ("a;b\n1,5;2,5\n", Style(";"), ["1,5", "2,5"]),
        ("a,b;c,d\n1,5;2,5\n3,5;4,5\n", Style(";"), ["1,5", "2,5"]),
        ("a\tb, c\n1,5\tx, y\n", Style("\t"), ["1,5", "x, y"]),
        ("a|b\nx,y|z\n", Style("|"), ["x,y", "z"]),
        ("id;text\n1;Hello, world, again\n2;Hi, all, of you\n", Style(";"), ["1", "Hello, world, again"]),
        ("Report, 2024\n\na;b;c\n1;2;3\n4;5;6\n", Style(";"), []),
        ("id,tags\n1,x;y\n2,z;w\n", Style(","), ["1", "x;y"]),
        ("a\nx y\n", Style(","), ["x y"]),
        ("price\n1,5\n2,5\n", Style(";"), ["1,5"]),
        ("name\nHello, world\nHi,you\n", Style(","), ["Hello", " world"]),
        ("'a','b'\n'x, y','z'\n", Style(",", "'"), ["x, y", "z"]),
        ("a,b\nO'Brien,L'Aquila\n", Style(","), ["O'Brien", "L'Aquila"]),
        ('a,b\n"x",it\'s\n', Style(","), ["x", "it's"]),
        ('a, b\n"x", "y, z"\n', Style(",", skip_spaces=True), ["x", "y, z"]),
        ("a,b\n1, x\n2,y\n", Style(","), ["1", " x"]),
        ('a,b\n1,"x \\"y\\", z"\n', Style(",", escapes=True), ["1", 'x "y", z']),
        ('a,b\n1,"c:\\"\n', Style(","), ["1", "c:\\"]),
        ("  a   b\n  1   x\n 22   y\n", Style(" ", skip_spaces=True), ["1", "x"]),
        ('"a" "b"\n"r 1" 1 2\n"r 2" 3 4\n', Style(" ", skip_spaces=True), ["r 1", "1", "2"]),
        ("Data of 5\n\ndate   x\n2024-01-01 1\n2024-01-02 2\n2024-01-03 3\n", Style(" ", skip_spaces=True), []),
        ("text\n" + "Hello at number 1\n" * 9, Style(","), ["Hello at number 1"]),
        ("room\nRoom 1\nRoom 2\n", Style(","), ["Room 1"]),
        ('a\tb\n"unclosed\t1\n"other\t2\n', Style("\t", ""), ['"unclosed', "1"]),
        ('a\tb\n"x\ny"\t1\n', Style("\t"), ["x\ny", "1"]),
        ("a b\nx y\nz w\n", Style(","), ["x y"]),
        ("Hello world\n1\n2\n", Style(","), ["1"]),
    ],
)
def test_delimiter_and_quotes_are_found(text, style, second):
    sample = find_style(text)

    assert (sample.style, sample.rows[1]) == (style, second)


@pytest.mark.parametrize(("delimiter", "row"), [(":", ["1,5", "2"]), (",", ["1", "5:2"]), (" ", ["1,5:2"])])
def test_given_delimiter_wins(delimiter, row):
    assert find_style("a:b\n1,5:2\n", delimiter).rows[1] == row


@pytest.mark.parametrize("delimiter", ['"', "\n", "x", "1"])
def test_impossible_delimiter_is_rejected(delimiter):
    with pytest.raises(Unacceptable, match="cannot be a delimiter"):
        find_style("a,b\n1,2\n", delimiter)


def test_header_with_an_open_quote_is_rejected():
    with pytest.raises(UnreadableBody, match="check its quotes"):
        find_style('"a,b\n1,2\n')


def test_rows_have_their_positions_and_lines():
    sample = find_style('a,b\n"x\ny",1\n\n2,3\n')

    assert (sample.ends, sample.lines) == ([4, 12, 13, 17], [2, 4, 5, 6])


def test_comments_do_not_count_as_rows_of_the_sample():
    sample = find_style("# note\n" * 100 + "a,b\n" + "1,2\n" * 100)

    assert sample.rows[100] == ["a", "b"]
    assert len(sample.rows) < 150
