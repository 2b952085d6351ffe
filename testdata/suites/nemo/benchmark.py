"""The questions as a benchmark of NeMo Evaluator."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from nemo_evaluator.environments.custom import benchmark, scorer
from questions import questions


@benchmark(name="arithmetic", dataset=lambda: list(questions()), prompt="{question}", target_field="answer")
@scorer
def score(sample):
    return {"correct": sample.response.strip() == sample.target}
