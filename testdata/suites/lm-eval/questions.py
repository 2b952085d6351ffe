"""questions.py FOLDER: the questions as lm-eval's tasks read them, with four choices each."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from questions import questions

folder = pathlib.Path(sys.argv[1])
for category in ("addition", "multiplication"):
    with open(folder / f"{category}.jsonl", "w") as file:
        for question in questions():
            if question["category"] == category:
                right = int(question["answer"])
                print(json.dumps(question | {"choices": [str(right + i) for i in (0, 1, 2, 10)], "gold": 0}), file=file)
