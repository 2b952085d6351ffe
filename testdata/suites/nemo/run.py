"""run.py MODEL FOLDER: one run of NeMo Evaluator over questions.py, against a server on this machine that answers as MODEL would."""

import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parent))
from questions import answer, questions

model, folder = sys.argv[1:]
asked = {question["question"]: question for question in questions()}
times = {}


class Server(http.server.BaseHTTPRequestHandler):
    """As much of a chat completions server as the harness asks for."""

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        question = next(q for text, q in asked.items() if text in json.dumps(request["messages"][-1]))
        times[question["id"]] = times.get(question["id"], 0) + 1
        said = {"role": "assistant", "content": answer(model, question, times[question["id"]])}
        reply = {"id": "1", "object": "chat.completion", "created": 0, "model": model, "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
                 "choices": [{"index": 0, "message": said, "finish_reason": "stop"}]}
        body = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
command = ["nel", "eval", "run", "--bench", f"{here / 'benchmark.py'}:arithmetic", "--model-url", f"http://127.0.0.1:{server.server_port}/v1", "--model-id", model, "--api-key", "none",
           "--repeats", "2", "--output-dir", folder]
sys.exit(subprocess.run(command, env=os.environ | {"HF_HUB_OFFLINE": "1"}).returncode)
