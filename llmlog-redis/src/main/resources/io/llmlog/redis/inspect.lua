-- The state of the queue at one moment; writes nothing.
--
-- KEYS  1 queue (list)   2 leases (hash)   3... the processing lists of the workers in ARGV
-- ARGV  1... workers, in the order of their lists
-- Answers {now in ms, depth, oldest message or '', worker, lease, length of its list, ...}, or {}
-- if there is a lease of a worker that ARGV does not name: ask again with its name.
local lists = {}
for i, worker in ipairs(ARGV) do
  lists[worker] = KEYS[i + 2]
end
local time = redis.call('TIME')
local answer = {
  tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000),
  redis.call('LLEN', KEYS[1]),
  redis.call('LINDEX', KEYS[1], -1) or '',
}
local leases = redis.call('HGETALL', KEYS[2])
for i = 1, #leases, 2 do
  local list = lists[leases[i]]
  if not list then
    return {}
  end
  answer[#answer + 1] = leases[i]
  answer[#answer + 1] = leases[i + 1]
  answer[#answer + 1] = redis.call('LLEN', list)
end
return answer
