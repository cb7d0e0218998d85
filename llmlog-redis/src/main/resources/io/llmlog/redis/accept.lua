-- Accepts for a person that whatever the store refuses of a worker's batch becomes dead letters.
--
-- KEYS  1 leases (hash)   2 the worker's processing list
-- ARGV  1 worker
-- Answers how many messages the batch has, or -1 if the worker does not wait for that, and nothing
-- was changed.
-- The word stands in the batch's header: it moves with the batch when that is adopted, and is gone
-- with it. HDEL of a field that is not there opens the way while the server is out of memory.
local lease = redis.call('HGET', KEYS[1], ARGV[1])
local header = redis.call('LINDEX', KEYS[2], 0)
local before = lease and string.match(lease, '^(%S+ %d+ %d+ )2$')
if not before or not header then
  return -1
end
redis.call('HDEL', KEYS[1], '')
if not string.find(header .. ' ', ' accepted ', 1, true) then
  redis.call('LSET', KEYS[2], 0, header .. ' accepted')
end
redis.call('HSET', KEYS[1], ARGV[1], before .. '3')
return redis.call('LLEN', KEYS[2]) - 1
