-- Claims a batch from the right end of the queue, or answers the batch that the worker holds.
--
-- KEYS  1 queue (list)   2 leases (hash)   3 the worker's processing list
-- ARGV  1 worker   2 token for a new lease   3 lease in ms   4 claim id for a new batch
--       5 most messages   6 most bytes (one message may exceed it)
-- Answers {token of the lease}, or {token, header, message, ...}, oldest message first.
--
-- Repeat-safe: while the processing list is there, its content is the answer, so a lost reply
-- loses nothing. Nothing is taken from the queue before all that can fail has been done once.
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

local header = claim_id .. ' ' .. time[1] .. string.format('%06d', tonumber(time[2])) .. ' 1'
local batch, bytes, largest, full = {header}, 0, most_bytes, false
while not full and #batch <= most do
  -- As many as surely fit by the largest seen, so that a queue of large messages is not read twice.
  local step = math.min(64, most - #batch + 1, math.floor((most_bytes - bytes) / largest) + 1)
  local first = #batch
  local part = redis.call('LRANGE', queue, -(first + step - 1), -first)
  for i = #part, 1, -1 do
    local size = #part[i]
    if #batch > 1 and bytes + size > most_bytes then
      full = true
      break
    end
    bytes = bytes + size
    largest = (#batch == 1) and math.max(size, 1) or math.max(size, largest)
    batch[#batch + 1] = part[i]
  end
  full = full or #part < step
end

local taken = #batch - 1
if taken == 0 then
  -- An idle worker writes a third of a lease apart, not at each look.
  if not lease or paused ~= '0' or expiry - now < length * 2 / 3 or expiry - now > length * 2 then
    redis.call('DEL', own)
    hold()
  end
  return {token}
end

redis.call('DEL', own)
hold()
redis.call('RPUSH', own, header)
local trimmed = redis.pcall('LTRIM', queue, 0, -(taken + 1))
if trimmed.err then
  redis.call('DEL', own)
  return trimmed
end
-- unpack fails beyond some thousand values, and must not fail here.
for i = 2, #batch, 1000 do
  redis.call('RPUSH', own, unpack(batch, i, math.min(i + 999, #batch)))
end
table.insert(batch, 1, token)
return batch
