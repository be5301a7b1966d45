"""What is absent is left as it is, what is null is as the config says, and tombstones are what the server counts."""

from __future__ import annotations

from tests.targets.cassandra.conftest import jsonl


def _filled(table):
    """A table whose rows 1 to 3 have a name and a note."""
    people = table("id int PRIMARY KEY, name text, note text")
    for key in (1, 2, 3):
        people.session.execute(f"INSERT INTO {people.path} (id, name, note) VALUES ({key}, 'old', 'old')")
    return people


def test_absent_and_null_fields_leave_no_tombstone(loader, table):
    people = _filled(table)
    loader.write("a.jsonl", jsonl([{"id": 1, "name": "new"}, {"id": 2, "name": None, "note": "new"}, {"id": 4}]))
    assert loader("push", "a.jsonl", "--to", people.url).code == 0
    assert people.rows() == [(1, "new", "old"), (2, "old", "new"), (3, "old", "old"), (4, None, None)]
    assert people.tombstones() == 0


def test_null_clears_the_column_where_the_config_says_so(loader, table):
    people = _filled(table)
    loader.configure('[mapping]\nnull = "null"\n')
    loader.write("a.jsonl", jsonl([{"id": 1, "name": "new"}, {"id": 2, "name": None, "note": "new"}]))
    assert loader("push", "a.jsonl", "--to", people.url).code == 0
    assert people.rows() == [(1, "new", "old"), (2, None, "new"), (3, "old", "old")]
    assert people.tombstones() == 1  # of the one null, and of nothing that was absent


def test_empty_fields_of_csv_are_null_unless_null_words_say_otherwise(loader, table):
    people = _filled(table)
    loader.write("a.csv", 'id,name,note\n1,,new\n2,"",new\n3,NULL,new\n')
    assert loader("push", "a.csv", "--to", people.url).code == 0
    assert people.rows() == [(1, "old", "new"), (2, "old", "new"), (3, "NULL", "new")]
    assert people.tombstones() == 0


def test_null_words_leave_an_empty_text_empty(loader, table):
    people = _filled(table)
    loader.configure('[input]\nnull_words = ["NULL", "n/a"]\n[mapping]\nnull = "null"\n')
    loader.write("a.csv", "id,name,note\n1,,n/a\n2,null,NULL\n")
    assert loader("push", "a.csv", "--to", people.url).code == 0
    assert people.rows() == [(1, "", None), (2, "null", None), (3, "old", "old")]
    assert people.tombstones() == 2


def test_only_a_collection_that_is_given_is_replaced(loader, table):
    people = table("id int PRIMARY KEY, props map<text, int>, tags list<text>")
    for key in (1, 2):
        people.session.execute(f"INSERT INTO {people.path} (id, props, tags) VALUES ({key}, {{'a': 1}}, ['old'])")
    loader.write("a.jsonl", jsonl([{"id": 1, "tags": ["new"]}, {"id": 2, "tags": None, "props": {"b": 2}}, {"id": 3}]))
    assert loader("push", "a.jsonl", "--to", people.url).code == 0
    assert people.rows() == [(1, {"a": 1}, ["new"]), (2, {"b": 2}, ["old"]), (3, None, None)]


def test_ttl_of_the_run_and_of_a_field(loader, table):
    people = table("id int PRIMARY KEY, name text")
    loader.write("a.jsonl", jsonl([{"id": 1, "name": "a"}]))
    others = [{"id": 2, "name": "b", "keep": 5000}, {"id": 3, "name": "c"}, {"id": 4, "name": "d", "keep": 0}]
    loader.write("b.jsonl", jsonl(others))
    loader.configure("[mapping]\nttl = 1000\n")
    assert loader("push", "a.jsonl", "--to", people.url).code == 0
    loader.configure('[mapping]\nttl = "keep"\n')
    assert loader("push", "b.jsonl", "--to", people.url).code == 0
    left = dict(people.rows("id, ttl(name)"))
    assert 900 < left[1] <= 1000
    assert 4900 < left[2] <= 5000
    assert (left[3], left[4]) == (None, None)


def test_a_ttl_that_is_none_is_a_row_that_does_not_fit(loader, table):
    people = table("id int PRIMARY KEY, name text")
    loader.configure('[mapping]\nttl = "keep"\n')
    loader.write(
        "a.jsonl", jsonl([{"id": 1, "keep": -1}, {"id": 2, "keep": "soon"}, {"id": 3, "keep": 10**9}, {"id": 4}])
    )
    done = loader("push", "a.jsonl", "--to", people.url, "--dlq", "dead.jsonl")
    assert done.code == 1
    assert [letter["line"] for letter in sorted(loader.letters(), key=lambda each: each["line"])] == [1, 2, 3]
    assert people.rows("id") == [(4,)]
