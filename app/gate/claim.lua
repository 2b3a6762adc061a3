-- claim: admit claims of a batch in the order given, or say of each why not. Per claim checks first, writes last.
-- KEYS  1 gate hash     2 pending hash: note -> "epoch|instant"     then for each claim the bucket of its marks,
--       a set of integers: -epoch (without it they are of an older one), and fingerprint..unit for each unit held
-- ARGV  1 clock offset in ms (0 outside tests)   2 buckets there are, says the caller   then per claim: note, fingerprint
-- Reply {buckets, epoch, instant in ms, claim_from in ms, a verdict per claim}; {buckets} if the caller was wrong
--       ADMITTED | AGAIN|instant (its note was there) | CLOSED | PAUSED | NOT_STARTED | ENDED | PERSON_LIMIT | SOLD_OUT
local gate = redis.call('HMGET', KEYS[1], 'state', 'epoch', 'stock', 'from_ms', 'to_ms', 'person_limit', 'buckets')
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[1]
local instant = string.format('%.0f', now)
local reply = {gate[7] or '0', gate[2] or '0', instant, gate[4] or '0'}
local stock, limit, this_epoch = tonumber(gate[3] or '0'), tonumber(gate[6] or '0'), '-' .. reply[2]
local notes, noted, new = {}, {}, {}
for i = 3, #ARGV, 2 do notes[#notes + 1] = ARGV[i] end
for n, told in ipairs(redis.call('HMGET', KEYS[2], unpack(notes))) do noted[notes[n]] = told or '' end

local function shut()
  if not gate[7] then return 'CLOSED' elseif gate[1] == 'closed' then return 'ENDED' end
  if gate[1] ~= 'open' then return 'PAUSED' elseif now < tonumber(gate[4]) then return 'NOT_STARTED' end
  return now >= tonumber(gate[5]) and 'ENDED'
end
local shut_because = shut()
if not shut_because and gate[7] ~= ARGV[2] then return {gate[7]} end

local function admit(note, fingerprint, bucket)
  local epoch, at = string.match(noted[note], '^(%d+)|(%d+)')
  if epoch and epoch == gate[2] then return 'AGAIN|' .. at elseif shut_because then return shut_because end
  local marks, free = {this_epoch}, 2
  for unit = 1, limit do marks[unit + 1] = string.format('%s%03d', fingerprint, unit) end
  local there = redis.call('SMISMEMBER', bucket, unpack(marks))
  if there[1] == 0 then redis.call('DEL', bucket) else while there[free] == 1 do free = free + 1 end end
  if free > limit + 1 then return 'PERSON_LIMIT' elseif stock < 1 then return 'SOLD_OUT' end
  stock, noted[note] = stock - 1, reply[2] .. '|' .. instant
  new[#new + 1], new[#new + 2] = note, noted[note]
  redis.call('SADD', bucket, this_epoch, marks[free])
  return 'ADMITTED'
end
for i = 3, #ARGV, 2 do reply[#reply + 1] = admit(ARGV[i], ARGV[i + 1], KEYS[(i + 3) / 2]) end
if #new > 0 then redis.call('HSET', KEYS[2], unpack(new)); redis.call('HSET', KEYS[1], 'stock', stock) end
return reply
