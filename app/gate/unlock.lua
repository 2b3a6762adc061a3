-- unlock: release those of the vouchers of these orders that their owner still holds.
-- KEYS  lock keys of the vouchers, order by order; on a cluster of one order, all with the tag of its citizen
-- ARGV  for each order: owner token, how many of the keys are its
-- Reply for each order how many were released; a successor's lock is never touched
local replies, before = {}, 0
for n = 1, #ARGV, 2 do
  local released, last = 0, before + ARGV[n + 1]
  for k = before + 1, last do
    if redis.call('GET', KEYS[k]) == ARGV[n] then released = released + redis.call('DEL', KEYS[k]) end
  end
  replies[#replies + 1], before = released, last
end
return replies
