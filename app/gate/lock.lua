-- lock: for each of these orders take all its vouchers for its owner, or none of them.
-- KEYS  lock keys of the vouchers, order by order; on a cluster of one order, all with the tag of its citizen
-- ARGV  1 time to live in ms, then for each order: owner token, how many of the keys are its
-- Reply for each order 1 when all are the owner's, 0 when somebody else holds one
local replies, before = {}, 0
for n = 2, #ARGV, 2 do
  local owner, last, free = ARGV[n], before + ARGV[n + 1], 1
  for k = before + 1, last do
    local by = redis.call('GET', KEYS[k])
    if by and by ~= owner then free = 0 end
  end
  for k = before + 1, last * free do redis.call('SET', KEYS[k], owner, 'PX', ARGV[1]) end
  replies[#replies + 1], before = free, last
end
return replies
