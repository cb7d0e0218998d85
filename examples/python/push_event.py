"""Puts one LLM call on the queue. Needs the package redis (Debian: python3-redis)."""
# tag::push
import json
import os

import redis

call = {"action": "cv.parse", "company_id": 7, "model": "gpt-4o-mini",
        "tokens_input": 812, "tokens_output": 64, "latency_ms": 1930}
queue = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://localhost:6379"))
queue.lpush("llm_logs", json.dumps(call))
# end::push
