-- Takes over the batch of a worker whose lease has expired, or ends that lease if it holds none.
--
-- KEYS  1 leases (hash)   2 the dead worker's processing list   3 the adopter's processing list
-- ARGV  1 dead worker   2 adopter   3 token for a new lease of the adopter   4 lease in ms
-- Answers 1: adopted, the adopter's next claim answers it; 0: nothing to adopt (the worker lives,
-- another was faster, it held nothing, or the adopter holds a batch); -1: its list has no header
-- that this version knows, and was left alone.
--
-- Each write can be refused without harm to the batch: the list is renamed last but one. DEL of
-- the adopter's list, which is not there, opens the way while the server is out of memory.
local leases, theirs, own = KEYS[1], KEYS[2], KEYS[3]
local lease = redis.call('HGET', leases, ARGV[1])
if not lease or redis.call('EXISTS', own) == 1 then
  return 0
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local expiry, length = string.match(lease, '^%S+ (%d+) (%d+)')
if not expiry then
  return -1
end
expiry, length = tonumber(expiry), tonumber(length)
-- More than two leases ahead: the server's clock was set back, and nobody refreshed it since.
if expiry > now and expiry <= now + 2 * length then
  return 0
end
local header = redis.call('LINDEX', theirs, 0)
if not header then
  redis.call('HDEL', leases, ARGV[1])
  return 0
end
local before, owners, after = string.match(header, '^(%S+ %d+ )(%d+)(.*)$')
if not owners then
  return -1
end
local mine = redis.call('HGET', leases, ARGV[2])
local token = mine and string.match(mine, '^%S+') or ARGV[3]
redis.call('DEL', own)
redis.call('HSET', leases, ARGV[2],
    token .. ' ' .. string.format('%.0f', now + tonumber(ARGV[4])) .. ' ' .. ARGV[4] .. ' 0')
redis.call('LSET', theirs, 0, before .. string.format('%d', tonumber(owners) + 1) .. after)
redis.call('RENAME', theirs, own)
redis.call('HDEL', leases, ARGV[1])
return 1
