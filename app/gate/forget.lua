-- forget: nobody claims through a closed gate any more, so the marks behind it go, the last buckets first.
-- KEYS  1 gate hash   then the buckets that go
-- ARGV  1 how many buckets are left
-- Reply 1 when they went, 0 when the gate is not closed
if redis.call('HGET', KEYS[1], 'state') ~= 'closed' then return 0 end
redis.call('UNLINK', unpack(KEYS, 2))
redis.call('HSET', KEYS[1], 'buckets', ARGV[1])
return 1
