-- claim: admit claims of a batch in the order given, or say of each why not. Per claim checks first, writes last.
-- KEYS  1 gate hash (state, epoch, stock, from_ms, to_ms, person_limit)
--       2 pending hash: claim key -> "epoch|admitted_at|citizen"     3 held hash: citizen -> units
-- ARGV  1 clock offset in ms (0 outside tests)   then for each claim: claim key, citizen id
-- Reply {epoch, instant in ms, claim_from in ms, a verdict per claim}
--       ADMITTED | AGAIN|instant (its note was there) | CLOSED | PAUSED | NOT_STARTED | ENDED | PERSON_LIMIT | SOLD_OUT
local gate = redis.call('HMGET', KEYS[1], 'state', 'epoch', 'stock', 'from_ms', 'to_ms', 'person_limit')
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[1]
local instant = string.format('%.0f', now)
local reply = {gate[2] or '0', instant, gate[4] or '0'}
local stock = tonumber(gate[3] or '0')

local function shut()
  if not gate[1] then return 'CLOSED' end
  if gate[1] == 'closed' then return 'ENDED' end
  if gate[1] ~= 'open' then return 'PAUSED' end
  if now < tonumber(gate[4]) then return 'NOT_STARTED' end
  return now >= tonumber(gate[5]) and 'ENDED'
end
local shut_because = shut()

local function admit(key, citizen)
  local noted = gate[1] and redis.call('HGET', KEYS[2], key)
  local epoch, at = string.match(noted or '', '^(%d+)|(%d+)|')
  if epoch and epoch == gate[2] then return 'AGAIN|' .. at end
  if shut_because then return shut_because end
  if tonumber(redis.call('HGET', KEYS[3], citizen) or '0') >= tonumber(gate[6]) then return 'PERSON_LIMIT' end
  if stock < 1 then return 'SOLD_OUT' end
  stock = stock - 1
  redis.call('HINCRBY', KEYS[3], citizen, 1)
  redis.call('HSET', KEYS[2], key, gate[2] .. '|' .. instant .. '|' .. citizen)
  return 'ADMITTED'
end

for i = 2, #ARGV, 2 do reply[#reply + 1] = admit(ARGV[i], ARGV[i + 1]) end
if gate[3] and stock < tonumber(gate[3]) then redis.call('HSET', KEYS[1], 'stock', stock) end
return reply
