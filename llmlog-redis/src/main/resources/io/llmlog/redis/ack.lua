-- Deletes the batch that the worker holds, once it is stored.
--
-- KEYS  1 leases (hash)   2 the worker's processing list
-- ARGV  1 worker   2 token of the lease   3 claim id of the batch
-- Answers 1: deleted now, or by an earlier call whose reply was lost; 0: the lease or the batch is
-- another one by now, and nothing was changed.
local lease = redis.call('HGET', KEYS[1], ARGV[1])
if not lease or string.match(lease, '^%S+') ~= ARGV[2] then
  return 0
end
local header = redis.call('LINDEX', KEYS[2], 0)
if not header then
  -- The token lives as long as the lease, and who takes the list ends the lease: so it was us.
  return 1
end
if string.match(header, '^%S+') ~= ARGV[3] then
  return 0
end
redis.call('UNLINK', KEYS[2])
return 1
