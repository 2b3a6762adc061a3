-- open: set a gate from the truth in SQL, if that truth is newer than what the gate holds.
-- KEYS  1 gate hash   2 pending hash       Marks of older epochs stay where they are and count for nothing.
-- ARGV  1 epoch   2 state (open | paused | closed)   3 stock left   4 from_ms   5 to_ms   6 person_limit
--       7 buckets that the marks of so many units need; there are never fewer than before, so that all can be found
-- Reply 1 when set, 0 when the gate already had this epoch or a later one
local gate = redis.call('HMGET', KEYS[1], 'epoch', 'buckets')
if tonumber(gate[1] or '-1') >= tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'state', ARGV[2], 'stock', ARGV[3], 'from_ms', ARGV[4], 'to_ms', ARGV[5],
  'person_limit', ARGV[6], 'buckets', math.max(tonumber(gate[2] or '0'), tonumber(ARGV[7])))
return 1
