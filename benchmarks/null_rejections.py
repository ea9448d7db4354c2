"""Does the test that decides hold its level? `python -m benchmarks null_rejections` simulates equal systems.

Two systems that are the same in the mean are drawn again and again: users like one of them more, seeds are lucky or
not, hits are chance. A test at 5 % should find a difference in 5 % of them. Four tests are counted: the crossed one,
which decides, and the three that are reported beside it. Then one system is made better, and the share that each finds
is its power. In some worlds times tie, and every seed is trained and ranked in three orders: a system may be lucky in
an order, and a training is a new one in each. Writes benchmarks/results/null-rejections.csv.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from benchmarks.timing import RESULTS
from mmsr_lite.experiments.reported_tests import bootstrap as bootstrap_p
from mmsr_lite.experiments.reported_tests import in_one_row, over_seeds, paired
from mmsr_lite.experiments.statistics import crossed

MISS, HIT = 50, 3  # ranks


@dataclass(frozen=True)
class World:
    """Where two systems' differences come from, in percent points of HR@5, and how much there is of everything.

    Attributes:
        users_sd: how much users differ in which system they like more.
        seeds_sd: how much the seeds of a system differ in the mean.
        better: how much better the first system is; 0 for the null.
        seeds: runs of the two systems; 0 for a system that counts and has no seeds.
        users: how many users there are.
        mean: HR@5 of both systems.
        lasting: share of the chance in a hit that all seeds of a system have in common.
        orders: in how many orders at ties every seed is trained and ranked.
        orders_sd: how much the orders of a system differ in the mean, whatever the seed.
        trainings_sd: how much the trainings of one seed in different orders differ in the mean.
    """

    users_sd: float
    seeds_sd: float
    better: float = 0.0
    seeds: tuple[int, int] = (5, 5)
    users: int = 1000
    mean: float = 20.0
    lasting: float = 0.5
    orders: int = 1
    orders_sd: float = 0.0
    trainings_sd: float = 0.0


WORLDS = {
    "users dominate": World(users_sd=20.0, seeds_sd=0.0),
    "seeds dominate": World(users_sd=0.0, seeds_sd=3.0, lasting=0.9),
    "both": World(users_sd=15.0, seeds_sd=0.8),
    "neither, only chance": World(users_sd=0.0, seeds_sd=0.0),
    "seeds dominate, three seeds": World(users_sd=0.0, seeds_sd=3.0, seeds=(3, 3)),
    "both, against counting": World(users_sd=15.0, seeds_sd=1.2, seeds=(5, 0)),
    "both, five seeds and three": World(users_sd=15.0, seeds_sd=0.8, seeds=(5, 3)),
    "three orders, users dominate": World(users_sd=20.0, seeds_sd=0.0, orders=3),
    "three orders, trainings dominate": World(users_sd=0.0, seeds_sd=0.0, lasting=0.9, orders=3, trainings_sd=4.0),
    "three orders, orders dominate": World(users_sd=0.0, seeds_sd=0.5, lasting=0.9, orders=3, orders_sd=3.0),
    "three orders, all of it": World(users_sd=15.0, seeds_sd=0.8, orders=3, orders_sd=0.5, trainings_sd=0.8),
    "three orders, against counting": World(
        users_sd=15.0, seeds_sd=1.0, seeds=(5, 0), orders=3, orders_sd=0.5, trainings_sd=0.8
    ),
}


def draw(world: World, chance: np.random.Generator) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Ranks of both systems' runs and the user of each target, drawn once from `world`.

    Args:
        world: what is drawn from.
        chance: the source of randomness.

    Returns:
        The runs of the first system, those of the second, each an (O, E) array of ranks, and (E,) the users.
    """
    user = np.repeat(np.arange(world.users), chance.integers(1, 4, world.users))
    likes = chance.normal(0, world.users_sd, world.users)  # the first system minus the second
    taste = chance.uniform(-world.mean / 2, world.mean / 2, world.users)
    systems = []
    for sign, seeds in zip((0.5, -0.5), world.seeds, strict=True):
        shape = (world.orders, len(user))  # (O, E)
        own = chance.random(shape)  # what all seeds of a system have in common
        of_orders, of_trainings = np.zeros((2, world.orders, 1))
        if world.orders > 1:
            of_orders = chance.normal(0, world.orders_sd, (world.orders, 1))
        runs = []
        for _ in range(max(1, seeds)):
            luck = chance.normal(0, world.seeds_sd) * (seeds > 0)
            if world.orders > 1 and seeds > 0:
                of_trainings = chance.normal(0, world.trainings_sd, (world.orders, 1))
            rate = world.mean + taste[user] + sign * (likes[user] + world.better) + luck + of_orders + of_trainings
            again = chance.random(shape) < world.lasting
            hit = np.where(again, own, chance.random(shape)) < rate / 100
            runs.append(np.where(hit, HIT, MISS))
        systems.append(runs)
    return systems[0], systems[1], user


def p_values(
    world: World, times: int, seed: int = 0, bootstrap: bool = False, reported: bool = True
) -> Iterator[dict[str, float]]:
    """The p-values of all tests for so many tables drawn from `world`.

    Args:
        world: what the tables are drawn from.
        times: how many tables.
        seed: of the tables.
        bootstrap: whether the bootstrap, which is slow, is among the tests.
        reported: whether the tests that do not decide are among them.

    Yields:
        Name of the test -> p-value.
    """
    chance = np.random.default_rng(seed)
    has = {"one_has_seeds": world.seeds[0] > 0, "other_has_seeds": world.seeds[1] > 0}
    for _ in range(times):
        one, other, user = draw(world, chance)
        found = {"crossed": crossed(one, other, user, "HR@5", **has).p}
        one, other, user = in_one_row(one), in_one_row(other), np.tile(user, world.orders)
        if reported:
            found["over users"] = paired(one, other, user, "HR@5")["p"]
            found["over seeds"] = over_seeds(one, other, "HR@5")
        if bootstrap:
            found["bootstrap"] = bootstrap_p(one, other, user, "HR@5", draws=400)
        yield found


def main(argv: list[str]) -> None:
    """Simulate, print, write the table."""
    parser = argparse.ArgumentParser("python -m benchmarks null_rejections", description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=2000, help="tables of each world")
    parser.add_argument("--bootstrap", action="store_true", help="the bootstrap too, a tenth of the tables")
    args = parser.parse_args(argv)
    rows = []
    for name, world in tqdm(WORLDS.items()):
        for better in (0.0, 2.0):
            found = pd.DataFrame(p_values(replace(world, better=better), args.times)) < 0.05
            row = {"world": name, "better": better} | (100 * found.mean()).to_dict()
            if args.bootstrap:
                few = pd.DataFrame(p_values(replace(world, better=better), args.times // 10, bootstrap=True)) < 0.05
                row["bootstrap"] = 100 * few["bootstrap"].mean()
            rows.append(row)
    table = pd.DataFrame(rows).round(1)
    table.to_csv(RESULTS / "null-rejections.csv", index=False)
    print(table.to_string(index=False))
