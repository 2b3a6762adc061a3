-- give_back: SQL refused a claim about the person only, so its unit goes back, once and in its own epoch.
-- KEYS  1 gate hash   2 pending hash   3 held hash
-- ARGV  1 claim key   2 epoch it was admitted in   3 citizen id
-- Reply 1 when the unit went back, 0 when there was nothing to give back
local noted = redis.call('HGET', KEYS[2], ARGV[1])
if not noted or string.match(noted, '^(%d+)|') ~= ARGV[2] then return 0 end
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HINCRBY', KEYS[1], 'stock', 1)
if redis.call('HINCRBY', KEYS[3], ARGV[3], -1) < 1 then redis.call('HDEL', KEYS[3], ARGV[3]) end
return 1
