"""The commands about data, as somebody new uses them."""

import sys

import pytest
from PIL import Image

from mmsr_lite import cli


def test_own_data_is_prepared_described_and_trained(tmp_path, capsys):
    """As somebody new would: a CSV of ratings, a CSV of products, a folder of pictures named by product."""
    shop, out = tmp_path / "shop", str(tmp_path / "ready")
    (shop / "pictures").mkdir(parents=True)
    rows = [f"c{user},p{(user + step) % 6},2024-01-{step + 1:02}" for user in range(12) for step in range(8)]
    (shop / "interactions.csv").write_text("customer,product,day\n" + "\n".join(rows))
    names = ["red hat", "blue hat", "red scarf", "blue scarf", "red coat", "blue coat"]
    (shop / "items.csv").write_text("product,name\n" + "\n".join(f"p{n},{name}" for n, name in enumerate(names)))
    for n in range(6):
        Image.new("RGB", (30, 30), (40 * n, 0, 200)).save(shop / f"pictures/p{n}.png")
    columns = ["user_id=customer", "item_id=product", "timestamp=day", "title=name"]
    argv = ["prepare", str(shop), "-o", out, "--columns", *columns]
    assert cli.main(argv) == 0
    told = capsys.readouterr().out
    assert f"Saved {out}" in told and "read      interactions: 96; items: 6" in told and "absent    none" in told
    assert cli.main(argv) == 0 and "is up to date" in capsys.readouterr().out
    assert cli.main(["describe", out, "--codes", "3"]) == 0
    card = capsys.readouterr().out
    assert "| 12 | 6 | 96 | 8.00 |" in card and "| picture | 0.00 % | 242 | 3 of 3 |" in card
    small = ["--dim", "8", "--codes", "3", "--codes-per-item", "1", "--epochs", "1", "--out", str(tmp_path / "run")]
    assert cli.main(["train", out, *small]) == 0
    assert cli.main([*argv[:3], str(tmp_path / "x"), *argv[4:6], "timestamp=when"]) == 1
    assert "no column 'when' to be 'timestamp'" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_ctrl_c_says_that_the_same_command_goes_on(tmp_path, capsys, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("mmsr_lite.data.prepared.prepare", stop)
    assert cli.main(["prepare", "wardrobe", "-o", str(tmp_path / "out")]) == 130
    assert "is kept: the same command goes on there" in capsys.readouterr().err


def shop_of(place, words="漢字 tea ☕"):
    place.mkdir()
    rows = [f"u{user},i{(user + step) % 6},{86_400 * step + user}" for user in range(12) for step in range(8)]
    (place / "interactions.csv").write_text("user_id,item_id,timestamp\n" + "\n".join(rows))
    items = [f"i{n},{words} {n},{'ab'[n % 2]}" for n in range(6)]
    (place / "items.csv").write_text("item_id,title,brand\n" + "\n".join(items), encoding="utf-8")
    return place


def test_a_card_is_written_as_a_page_as_markdown_or_for_a_terminal(tmp_path, capsys):
    shop = str(shop_of(tmp_path / "shop"))
    for name, begins in (("card.html", "<!doctype html>"), ("card.md", "# shop"), ("card.txt", "shop\n====")):
        assert cli.main(["describe", shop, "-o", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)
        assert "漢字" in (tmp_path / name).read_text(encoding="utf-8")
        assert f"Saved {tmp_path / name}" in capsys.readouterr().out
    assert cli.main(["describe", shop, "-o", str(tmp_path / "card.pdf")]) == 1
    assert "expected a file that ends with .html, .md or .txt" in capsys.readouterr().err


def test_every_modality_may_have_its_own_number_of_codes(tmp_path, capsys):
    shop = str(shop_of(tmp_path / "shop"))
    assert cli.main(["describe", shop, "--codes", "title=4", "brand=2"]) == 0
    card = capsys.readouterr().out
    assert "| title | 0.00 % | 8 | 4 of 4 |" in card and "| brand | 0.00 % | 2 | 2 of 2 |" in card
    assert cli.main(["describe", shop]) == 0
    told = capsys.readouterr()
    assert "| brand | 0.00 % | 2 | 2 of 2 |" in told.out
    assert "note: modality 'brand' has 2 different features, fewer than 30 codes (--codes): it gets 2 codes" in told.err
    for words, says in ((["colour=3"], "names the modality 'colour'"), (["many"], "--codes many: expected one whole")):
        assert cli.main(["describe", shop, "--codes", *words]) == 1 and says in capsys.readouterr().err


def test_a_run_may_have_other_codes_for_each_modality_and_is_explained(tmp_path):
    shop, run = str(shop_of(tmp_path / "shop")), str(tmp_path / "run")
    codes = ["--codes", "title=4", "brand=2", "--codes-per-item", "title=2", "brand=1"]
    assert cli.main(["train", shop, "--out", run, "--dim", "8", "--epochs", "1", "--device", "cpu", *codes]) == 0
    assert cli.main(["evaluate", run, "--device", "cpu"]) == 0
    assert cli.main(["explain", run, "--user", "u3", "-o", str(tmp_path / "u3.html")]) == 0


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp932"])
def test_a_card_in_a_file_is_utf_8_whatever_the_console_has(tmp_path, encoding, monkeypatch):
    shop, file = str(shop_of(tmp_path / "shop")), tmp_path / "card.md"
    with file.open("w", encoding=encoding) as stdout:  # what `> card.md` is
        monkeypatch.setattr(sys, "stdout", stdout)
        assert cli.main(["describe", shop, "--codes", "3"]) == 0
    assert "漢字 tea ☕" in file.read_text(encoding="utf-8")


def test_files_of_other_names_and_forms_are_named_on_the_command_line(tmp_path, capsys):
    shop = shop_of(tmp_path / "shop", words="Zoë")
    sales = (shop / "interactions.csv").read_text().replace(",", "~")
    (shop / "interactions.csv").unlink()
    (shop / "sales.csv").write_text(sales)
    options = ["--files", "interactions=sales.csv", "--file-format", "separator=~"]
    assert cli.main(["describe", str(shop), *options]) == 1  # the items have commas
    assert "items.csv' has no column 'item_id'" in capsys.readouterr().err
    (shop / "items.csv").write_text(
        (shop / "items.csv").read_text(encoding="utf-8").replace(",", "~"), encoding="cp1252"
    )
    options += ["encoding=windows-1252"]
    assert cli.main(["prepare", str(shop), "-o", str(tmp_path / "out"), *options]) == 0
    assert cli.main(["describe", str(tmp_path / "out"), "--codes", "2"]) == 0
    assert "Zoë 0" in capsys.readouterr().out
