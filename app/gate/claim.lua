-- claim: admit one claim of a batch, or say why not. Checks first, writes last: Lua does not roll back.
-- KEYS  1 gate hash (state, epoch, stock, from_ms, to_ms, person_limit)
--       2 pending hash: claim key -> "epoch|admitted_at|citizen"     3 held hash: citizen -> units
-- ARGV  1 claim key   2 citizen id   3 clock offset in ms (0 outside tests)
-- Reply {verdict, epoch, instant in ms, claim_from in ms}
--       ADMITTED | AGAIN (the note was there) | CLOSED | PAUSED | NOT_STARTED | ENDED | PERSON_LIMIT | SOLD_OUT
local gate = redis.call('HMGET', KEYS[1], 'state', 'epoch', 'stock', 'from_ms', 'to_ms', 'person_limit')
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[3]
local from = gate[4] or '0'
local function say(verdict) return {verdict, gate[2] or '0', string.format('%.0f', now), from} end

if not gate[1] then return say('CLOSED') end
local noted = redis.call('HGET', KEYS[2], ARGV[1])
if noted then
  local epoch, at = string.match(noted, '^(%d+)|(%d+)|')
  if epoch == gate[2] then return {'AGAIN', epoch, at, from} end
end
if gate[1] == 'closed' then return say('ENDED') end
if gate[1] ~= 'open' then return say('PAUSED') end
if now < tonumber(from) then return say('NOT_STARTED') end
if now >= tonumber(gate[5]) then return say('ENDED') end
if tonumber(redis.call('HGET', KEYS[3], ARGV[2]) or '0') >= tonumber(gate[6]) then return say('PERSON_LIMIT') end
if tonumber(gate[3]) < 1 then return say('SOLD_OUT') end

redis.call('HINCRBY', KEYS[1], 'stock', -1)
redis.call('HINCRBY', KEYS[3], ARGV[2], 1)
redis.call('HSET', KEYS[2], ARGV[1], gate[2] .. '|' .. string.format('%.0f', now) .. '|' .. ARGV[2])
return say('ADMITTED')
