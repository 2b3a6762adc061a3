-- open: set a gate from the truth in SQL, if that truth is newer than what the gate holds.
-- KEYS  1 gate hash   2 pending hash   3 held hash
-- ARGV  1 epoch   2 state (open | paused | closed)   3 stock left   4 from_ms   5 to_ms   6 person_limit
-- Reply 1 when set, 0 when the gate already had this epoch or a later one
local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '-1')
if epoch >= tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'state', ARGV[2], 'stock', ARGV[3],
  'from_ms', ARGV[4], 'to_ms', ARGV[5], 'person_limit', ARGV[6])
return 1
