"""The file that `explain` writes."""

from mmsr_lite.commands.explain import file_name


def test_the_id_of_a_user_names_no_other_folder():
    assert file_name(["../../x", "a"]) == "user-..%2F..%2Fx-a.html"
    assert len(file_name(["u" * 1000])) == len("user-.html") + 100
