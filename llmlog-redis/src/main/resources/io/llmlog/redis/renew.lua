-- Extends the lease from now on, and says whether the worker waits for a person.
--
-- KEYS  1 leases (hash)   2 the worker's processing list
-- ARGV  1 worker   2 token of the lease   3 claim id of the batch   4 lease in ms
--       5 pause: 0 none, 1 until the cause is mended, 2 too much was refused
-- Answers 1; 2 if a person has accepted what is refused of this batch, which is shown as pause 3
-- then; or 0 if the lease or the batch is another one by now, and nothing was changed.
-- HDEL of a field that is not there opens the way for HSET while the server is out of memory.
local lease = redis.call('HGET', KEYS[1], ARGV[1])
local header = redis.call('LINDEX', KEYS[2], 0)
if not lease or string.match(lease, '^%S+') ~= ARGV[2]
    or not header or string.match(header, '^%S+') ~= ARGV[3] then
  return 0
end
local accepted = string.find(header .. ' ', ' accepted ', 1, true)
local pause = (accepted and ARGV[5] == '2') and '3' or ARGV[5]
local time = redis.call('TIME')
local expiry = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[4])
redis.call('HDEL', KEYS[1], '')
redis.call('HSET', KEYS[1], ARGV[1],
    ARGV[2] .. ' ' .. string.format('%.0f', expiry) .. ' ' .. ARGV[4] .. ' ' .. pause)
return accepted and 2 or 1
