"""Pushes messages with the proposal's columns alone, as a service in another language would.

usage: push.py PORT QUEUE TOTAL EQUAL SECONDS
The first fifth at once, the rest spread over SECONDS; EQUAL of them are the same to the byte.
"""
import json
import random
import socket
import sys
import time

port, queue, total, equal, seconds = (
    int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
CHUNK = 100


def message(number):
    return json.dumps({
        "action": "interview.question", "message": "Frage %d: größer?" % number,
        "user_id": number % 97, "company_id": number % 7, "interview_id": number,
        "model": "gpt-4o-mini", "tokens_used": number + 10, "tokens_input": number,
        "tokens_output": 10, "cost_usd": 0.000123, "latency_ms": 250, "streaming": number % 2 == 0,
        "error_type": None, "error_message": None, "metadata": {"number": number},
        "deployment_version": "1.4.2", "deployment_environment": "test"}).encode()


def lpush(connection, values):
    parts = [b"LPUSH", queue.encode()] + values
    connection.sendall(b"*%d\r\n" % len(parts)
                       + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
    reply = b""
    while not reply.endswith(b"\r\n"):
        part = connection.recv(4096)
        if not part:
            raise SystemExit("Redis has gone after %r" % reply)
        reply += part
    if not reply.startswith(b":"):
        raise SystemExit("Redis answered %r" % reply)


messages = [message(n) for n in range(total - equal)] + [message(-1)] * equal
random.Random(7).shuffle(messages)
pause = seconds / (total * 4 / 5 / CHUNK)
with socket.create_connection(("127.0.0.1", port)) as connection:
    for start in range(0, total, CHUNK):
        lpush(connection, messages[start:start + CHUNK])
        if start >= total / 5:
            time.sleep(pause)
print("pushed", total)
