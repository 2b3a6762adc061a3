-- give_back: SQL refused a claim about the person only, so its unit goes back, once and in its own epoch.
-- KEYS  1 gate hash   2 pending hash   3 the bucket of the person's marks
-- ARGV  1 note   2 epoch it was admitted in   3 fingerprint   4 buckets there are, says the caller
-- Reply {buckets, 1 when the unit went back, 0 when there was nothing to give back}; {buckets} if the caller was wrong
local gate = redis.call('HMGET', KEYS[1], 'epoch', 'person_limit', 'buckets')
local noted = redis.call('HGET', KEYS[2], ARGV[1])
if not noted or string.match(noted, '^(%d+)|') ~= ARGV[2] or gate[1] ~= ARGV[2] then return {gate[3] or '0', 0} end
if gate[3] ~= ARGV[4] then return {gate[3]} end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HINCRBY', KEYS[1], 'stock', 1)
local unit = tonumber(gate[2])
while unit > 0 and redis.call('SREM', KEYS[3], string.format('%s%03d', ARGV[3], unit)) == 0 do unit = unit - 1 end
return {gate[3], 1}
