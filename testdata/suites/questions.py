"""The questions that every harness is asked, and what the two models answer."""


def questions():
    """Forty sums and products, with the right answer."""
    for i in range(40):
        a, b = 3 + 7 * i % 17, 2 + 5 * i % 13
        if i % 2:
            yield {"id": f"mul-{i:02}", "category": "multiplication", "question": f"What is {a} times {b}?", "answer": str(a * b)}
        else:
            yield {"id": f"add-{i:02}", "category": "addition", "question": f"What is {a} plus {b}?", "answer": str(a + b)}


def answer(model, question, repeat=1):
    """What a model says: the champion errs on a quarter of all, the challenger on products and now and then by chance of the repeat."""
    number = int(question["id"].split("-")[1])
    if model == "champion":
        wrong = number % 4 == 3
    else:
        wrong = question["category"] == "multiplication" and number % 3 != 0 or (number + repeat) % 19 == 0
    return str(int(question["answer"]) + 1) if wrong else question["answer"]
