-- unlock: release those of the vouchers that this owner still holds.
-- KEYS  1..n lock keys of the vouchers, all with the tag of their citizen
-- ARGV  1 owner token
-- Reply how many were released; a successor's lock is never touched
local released = 0
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then released = released + redis.call('DEL', key) end
end
return released
