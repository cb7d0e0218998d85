-- Claims a batch from the right end of the queue, or answers the batch that the worker holds.
--
-- KEYS  1 queue (list)   2 leases (hash)   3 the worker's processing list
-- ARGV  1 worker   2 token for a new lease   3 lease in ms   4 claim id for a new batch
--       5 most messages   6 most bytes (one message may exceed it)
-- Answers {token of the lease}, or {token, header, message, ...}, oldest message first.
--
-- Repeat-safe: while the processing list is there, its content is the answer, so a lost reply
-- loses nothing. A message is at each moment in one of the two lists, and goes only to a list that
-- has its header. The one that proves too large goes back in the same step, seen by nobody.
-- Works while the server is out of memory: the first write, DEL of a key that is not there, can
-- never grow memory, and a script that has written is not refused later writes.
local queue, leases, own = KEYS[1], KEYS[2], KEYS[3]
local worker, fresh_token, claim_id = ARGV[1], ARGV[2], ARGV[4]
local length, most, most_bytes = tonumber(ARGV[3]), tonumber(ARGV[5]), tonumber(ARGV[6])

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local lease = redis.call('HGET', leases, worker)
local token, expiry, paused = fresh_token, 0, '0'
if lease then
  local t, e, p = string.match(lease, '^(%S+) (%d+) %d+ (%d)')
  if t then
    token, expiry, paused = t, tonumber(e), p
  end
end

local function hold()
  redis.call('HSET', leases, worker,
      token .. ' ' .. string.format('%.0f', now + length) .. ' ' .. ARGV[3] .. ' 0')
end

local held = redis.call('LRANGE', own, 0, -1)
if #held > 0 then
  redis.call('HDEL', leases, '')
  hold()
  table.insert(held, 1, token)
  return held
end

local waiting = redis.call('LLEN', queue)
if waiting == 0 then
  -- An idle worker writes a third of a lease apart, not at each look.
  if not lease or paused ~= '0' or expiry - now < length * 2 / 3 or expiry - now > length * 2 then
    redis.call('DEL', own)
    hold()
  end
  return {token}
end

local header = claim_id .. ' ' .. time[1] .. string.format('%06d', tonumber(time[2])) .. ' 1'
redis.call('DEL', own)
hold()
redis.call('RPUSH', own, header)
-- One by one: LRANGE and RPOP with a count look for the right end from the left before Redis 7.
local batch, bytes = {token, header}, 0
for taken = 0, math.min(most, waiting) - 1 do
  local message = redis.pcall('LMOVE', queue, own, 'RIGHT', 'RIGHT')
  if type(message) ~= 'string' then
    -- What refuses the first would refuse all.
    if taken == 0 then
      redis.call('DEL', own)
    end
    return message
  end
  bytes = bytes + #message
  if taken > 0 and bytes > most_bytes then
    redis.call('LMOVE', own, queue, 'RIGHT', 'RIGHT')
    break
  end
  batch[taken + 3] = message
end
return batch
