"""run.py MODEL FOLDER FORMAT EPOCHS LIMIT: Inspect asks its mock model, which answers as MODEL would, the first LIMIT questions."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from inspect_ai import Epochs, Task, eval as evaluate
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import Score, match, mean, scorer
from questions import answer, questions

model, folder, form, epochs, limit = sys.argv[1:]
asked = {question["question"]: question for question in questions()}
times = {}


def say(messages, *_):
    """The mock model's answer; a question that comes again is the next epoch. Without a usage it would fetch a tokenizer."""
    question = asked[messages[-1].text]
    times[question["id"]] = times.get(question["id"], 0) + 1
    output = ModelOutput.from_content("mockllm/model", answer(model, question, times[question["id"]]))
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return output


@scorer(metrics=[mean()])
def closeness():
    """A score that is a number: 1 over 1 plus the error."""

    async def score(state, target):
        return Score(value=1 / (1 + abs(int(state.output.completion) - int(target.text))), answer=state.output.completion)

    return score


task = Task(
    name="arithmetic",
    dataset=MemoryDataset(
        [Sample(id=q["id"], input=q["question"], target=q["answer"], metadata={"category": q["category"]}) for q in questions()]
    ),
    scorer=[match(numeric=True), closeness()],
    epochs=Epochs(int(epochs), "mean"),
)
(log,) = evaluate(task, model=get_model("mockllm/model", custom_outputs=say), log_dir=folder, log_format=form, display="none", max_samples=1, limit=int(limit))
sys.exit(log.status != "success")
