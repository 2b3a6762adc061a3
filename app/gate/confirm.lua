-- confirm: claims are committed in SQL, so their pending notes go.
-- KEYS  1 pending hash
-- ARGV  1 epoch they were admitted in   then the notes of the claims
-- Reply how many notes went; a note that is gone, or of another epoch, is left alone
local going = {}
for n, told in ipairs(redis.call('HMGET', KEYS[1], unpack(ARGV, 2))) do
  if told and string.match(told, '^(%d+)|') == ARGV[1] then going[#going + 1] = ARGV[n + 1] end
end
return #going > 0 and redis.call('HDEL', KEYS[1], unpack(going)) or 0
