-- Says of messages of the batch how many workers died inside an attempt of that message alone.
--
-- KEYS  1 leases (hash)   2 the worker's processing list
-- ARGV  1 worker   2 token of the lease   3 claim id of the batch   4... index, count, index, ...
--       a running attempt counts as a death until it is taken back; 0 removes the mark
-- Answers 1, or 0 if the lease or the batch is another one by now, and nothing was changed.
-- Counts are set, not added to, so that a call whose reply was lost can be repeated.
-- HDEL of a field that is not there opens the way for LSET while the server is out of memory.
local lease = redis.call('HGET', KEYS[1], ARGV[1])
local header = redis.call('LINDEX', KEYS[2], 0)
if not lease or string.match(lease, '^%S+') ~= ARGV[2]
    or not header or string.match(header, '^%S+') ~= ARGV[3] then
  return 0
end
local counts = {}
for i = 4, #ARGV, 2 do
  counts[ARGV[i]] = ARGV[i + 1]
end
local words = {}
for word in string.gmatch(header, '%S+') do
  local index = string.match(word, '^(%d+):%d+$')
  if not index or not counts[index] then
    words[#words + 1] = word
  end
end
for i = 4, #ARGV, 2 do
  if ARGV[i + 1] ~= '0' then
    words[#words + 1] = ARGV[i] .. ':' .. ARGV[i + 1]
  end
end
redis.call('HDEL', KEYS[1], '')
redis.call('LSET', KEYS[2], 0, table.concat(words, ' '))
return 1
