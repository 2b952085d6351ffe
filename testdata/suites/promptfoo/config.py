"""config.py MODEL: promptfoo's config for one run over questions.py. Its echo provider says the prompt back, which is what MODEL would answer."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from questions import answer, questions

model = sys.argv[1]


def test(question):
    """One test: the answer is right word for word, and how near it comes is a score of its own."""
    return {
        "description": question["id"],
        "vars": {"question": question["question"], "champion": answer("champion", question), "challenger": answer("challenger", question)},
        "metadata": {"category": question["category"]},
        "assert": [
            {"type": "equals", "value": question["answer"], "metric": "exact"},
            {"type": "javascript", "value": f"1 / (1 + Math.abs(Number(output) - {question['answer']}))", "metric": "closeness"},
        ],
    }


print(json.dumps({"description": "arithmetic", "prompts": [f"{{{{{model}}}}}"], "providers": ["echo"], "tests": [test(q) for q in questions()]}, indent=1))
