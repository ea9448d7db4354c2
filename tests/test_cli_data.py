"""The commands about data, as somebody new uses them."""

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
    assert cli.main(argv) == 0 and f"Saved {out}" in capsys.readouterr().out
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
