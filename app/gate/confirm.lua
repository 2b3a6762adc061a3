-- confirm: a claim is committed in SQL, so its pending note goes.
-- KEYS  1 pending hash
-- ARGV  1 claim key   2 epoch it was admitted in
-- Reply 1 when the note was there, 0 when it was gone or of another epoch
local noted = redis.call('HGET', KEYS[1], ARGV[1])
if not noted or string.match(noted, '^(%d+)|') ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
