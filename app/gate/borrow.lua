-- borrow: take in units that another shard of the same batch has lent.
-- KEYS  1 gate hash
-- ARGV  1 epoch they belong to   2 how many
-- Reply 1 when they are here, 0 when the gate is of another epoch: whoever set it has counted them in SQL
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
redis.call('HINCRBY', KEYS[1], 'stock', ARGV[2])
return 1
