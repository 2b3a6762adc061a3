-- confirm: claims are committed in SQL, so their pending notes go.
-- KEYS  1 pending hash
-- ARGV  1 epoch they were admitted in   then the claim keys
-- Reply how many notes went; a note that is gone, or of another epoch, is left alone
local gone = 0
for i = 2, #ARGV do
  local noted = redis.call('HGET', KEYS[1], ARGV[i])
  if noted and string.match(noted, '^(%d+)|') == ARGV[1] then gone = gone + redis.call('HDEL', KEYS[1], ARGV[i]) end
end
return gone
