-- lock: take all vouchers of an order for one owner, or none of them.
-- KEYS  1..n lock keys of the vouchers, all with the tag of their citizen
-- ARGV  1 owner token   2 time to live in ms
-- Reply 1 when all are the owner's, 0 when somebody else holds one
for _, key in ipairs(KEYS) do
  local owner = redis.call('GET', key)
  if owner and owner ~= ARGV[1] then return 0 end
end
for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1], 'PX', ARGV[2]) end
return 1
