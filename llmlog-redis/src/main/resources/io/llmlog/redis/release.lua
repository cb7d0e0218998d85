-- Gives a worker's lease back: expired at once if it holds a batch, so that others adopt it.
--
-- KEYS  1 leases (hash)   2 the worker's processing list
-- ARGV  1 worker
-- Answers 1 if a batch was left behind, else 0.
-- HDEL of a field that is not there opens the way for HSET while the server is out of memory.
local lease = redis.call('HGET', KEYS[1], ARGV[1])
if lease and redis.call('EXISTS', KEYS[2]) == 1 then
  local token, length = string.match(lease, '^(%S+) %d+ (%d+)')
  if token then
    redis.call('HDEL', KEYS[1], '')
    redis.call('HSET', KEYS[1], ARGV[1], token .. ' 0 ' .. length .. ' 0')
    return 1
  end
end
redis.call('HDEL', KEYS[1], ARGV[1])
return 0
