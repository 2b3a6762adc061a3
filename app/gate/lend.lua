-- lend: give up units for claims of another shard of the same batch that has none left.
-- KEYS  1 gate hash
-- ARGV  1 epoch they belong to   2 how many claims wait for one
-- Reply how many left this gate, never more than wait: a unit under way is seen by nobody else, so it must be used.
--       0 when the gate is dry, or of another epoch
local gate = redis.call('HMGET', KEYS[1], 'epoch', 'stock')
if gate[1] ~= ARGV[1] then return 0 end
local units = math.min(tonumber(gate[2]), tonumber(ARGV[2]))
if units > 0 then redis.call('HINCRBY', KEYS[1], 'stock', -units) end
return units
