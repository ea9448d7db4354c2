"""The order of work: the trials of a system, then its runs, by the order of studies and of their systems.

No process waits for a system to be finished: while its last trials run, the next systems begin. Still, the first
systems are finished first, whenever the work is stopped.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mmsr_lite.experiments.run_names import run_id
from mmsr_lite.experiments.study import Job
from mmsr_lite.experiments.table import TUNING
from mmsr_lite.experiments.trials import Trials


@dataclass(frozen=True)
class Task:
    """One run that is to be made, and where its rows go.

    Attributes:
        table: the study, or `TUNING`.
        job: the run.
        system: the name of the system whose settings its trials choose.

    Example:
        >>> from mmsr_lite.training.run_config import RunConfig
        >>> Task("comparison", Job({"model": "mmsr"}, RunConfig("wardrobe")), "mmsr-3fa2").table
        'comparison'
    """

    table: str
    job: Job
    system: str


class Schedule:
    """The tasks of some studies, the most urgent first.

    Args:
        systems: (study, system) in the order of urgency.
        trials: which trials each system has.
        seeds: how many runs a system with seeds has in each order at ties.
        made: whether the tables have all rows of a job already.
        without_trials: whether the runs of a system are listed before its trials are made, to count them.

    Example:
        >>> from pathlib import Path
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.experiments.setting import Setting
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> setting = Setting.of(world, trials=3)
        >>> job = Job({"model": "sasrec"}, setting.config("sasrec"))
        >>> nothing_made = Trials(setting, Path("no-such-folder"))
        >>> schedule = Schedule([("comparison", job)], nothing_made, seeds=5, made=lambda job: False)
        >>> len(schedule.tasks), schedule.take(in_time=lambda job: True).table  # its trials come before its runs
        (3, 'tuning')
    """

    def __init__(
        self,
        systems: Sequence[tuple[str, Job]],
        trials: Trials,
        seeds: int,
        made: Callable[[Job], bool],
        without_trials: bool = False,
    ):
        self.trials, self.seeds, self.made, self.without_trials = trials, seeds, made, without_trials
        self.waiting = [*enumerate(systems)]  # systems whose trials are not complete, with their place
        self.tasks: list[tuple[int, Task]] = []  # not begun, with the place of their system
        self.listed: dict[str, dict[str, Job]] = {}  # table -> run -> job, of all that a table is to have
        self.there: Counter[str] = Counter()  # table -> jobs that need not be made
        self.open_trials: Counter[str] = Counter()  # system -> trials listed and not ended
        self._taken: set[str] = set()  # runs that are listed to be made
        self._list_all()

    def take(self, in_time: Callable[[Job], bool]) -> Task | None:
        """Take the most urgent task that can begin now from the list.

        Args:
            in_time: whether a job would end in time.

        Returns:
            The task; None where none is left that would end in time.
        """
        for index, (_, task) in enumerate(self.tasks):
            if in_time(task.job):
                del self.tasks[index]
                return task
        return None

    def ended(self, task: Task) -> int:
        """Note that a task has ended and its rows are written, and list the tasks that it makes possible.

        Args:
            task: what `take` gave.

        Returns:
            How many tasks were added.
        """
        if task.table != TUNING:
            return 0
        self.open_trials[task.system] -= 1
        if self.open_trials[task.system]:
            return 0
        return self._list_all()

    def _list_all(self) -> int:
        """List the tasks that all waiting systems need now, and return their number."""
        before, self.waiting, asked = len(self.tasks), [], self.waiting
        for place, (study, job) in asked:
            system = job.like or job.config
            if self.open_trials[run_id(system)] and not self.without_trials:
                self.waiting.append((place, (study, job)))
                continue
            judged = self.trials.all_judged(system)
            for one in self.trials.systems([job]):
                self._list(place, TUNING, self.trials.jobs(one), run_id(system))
            if judged or self.without_trials:
                self._list(place, study, self.trials.seeded(job, self.seeds), run_id(system))
            else:
                self.waiting.append((place, (study, job)))
        self.tasks.sort(key=lambda pair: pair[0])
        return len(self.tasks) - before

    def _list(self, place: int, table: str, jobs: Sequence[Job], system: str) -> None:
        listed = self.listed.setdefault(table, {})
        for job in jobs:
            names = [run_id(job.config, reading) for reading in job.readings]
            if names[0] in listed:
                continue
            listed[names[0]] = job
            if self.made(job) or all(name in self._taken for name in names):
                self.there[table] += 1
                continue
            self._taken.update(names)
            self.tasks.append((place, Task(table, job, system)))
            self.open_trials[system] += table == TUNING

    def waiting_in(self, study: str) -> int:
        """Count the systems of a study that still wait for trials.

        Args:
            study: its name.

        Returns:
            The number.
        """
        return len({run_id(job.like or job.config) for _, (name, job) in self.waiting if name == study})

    def jobs(self, table: str) -> Iterator[Job]:
        """All jobs of a table that are known so far.

        Args:
            table: the name of a study.

        Yields:
            The jobs.
        """
        yield from self.listed.get(table, {}).values()
