"""The paper's equations against what the released code does instead, one departure at a time."""

from mmsr_lite.experiments.study import Job, Setting, Study

VARIANTS = {
    "the paper": {},
    "one map for Q, K and V": {"tied_maps": True},
    "hohe never sees phase 1": {"hohe_reads_input": True},
    "Euclidean codes over a sigmoid": {"distance": "euclidean", "reduction": "sigmoid-autoencoder"},
    "the gate scores each path alone": {"separate_gate": True},
}


def jobs(setting: Setting) -> list[Job]:
    """One for each departure."""
    return [Job({"model": "mmsr", "variant": name}, setting.config(**v)) for name, v in VARIANTS.items()]


STUDY = Study(
    "-", "What do the released code's departures change?", jobs, lambda labels: labels | {"variant": "the paper"}
)
