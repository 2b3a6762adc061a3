-- wrk: open arrivals. The n-th claim leaves at its instant, on whichever connection is free, whatever the answers do.
-- From the environment: POUR_BEGINS (epoch s), POUR_PER_S, POUR_COUNT, POUR_LATE_S (from when on one is late), POUR_HOST,
-- POUR_TOKENS (a file, a session a line), POUR_CITIZENS (so many claim from each batch), POUR_BATCHES and POUR_PREFIXES
-- (of the Idempotency-Key), both with a space behind each. One thread; a batch's claims granted are counted apart.
local ffi = require("ffi")
ffi.cdef("typedef struct { long s, ns; } instant; int clock_gettime(int, instant *);")
local instant, begins, per_s, many, late_s = ffi.new("instant"), 0, 0, 0, 0

local function now()
  ffi.C.clock_gettime(0, instant)
  return tonumber(instant.s) + tonumber(instant.ns) / 1e9
end

local function words(name)
  local found = {}
  for word in os.getenv(name):gmatch("%S+") do found[#found + 1] = word end
  return found
end

function init()
  local env = os.getenv
  begins, per_s, many = tonumber(env("POUR_BEGINS")), tonumber(env("POUR_PER_S")), tonumber(env("POUR_COUNT"))
  late_s, citizens, host = tonumber(env("POUR_LATE_S")), tonumber(env("POUR_CITIZENS")), env("POUR_HOST")
  batches, prefixes, tokens = words("POUR_BATCHES"), words("POUR_PREFIXES"), {}
  for line in io.lines(env("POUR_TOKENS")) do tokens[#tokens + 1] = line end
  awaited, sent, answered, late, latest, last = 0, 0, 0, 0, 0, 0
  statuses, granted = {}, {}
end

-- Each connection that is free waits for the next instant that nobody waits for yet. wrk knows whole ms.
function delay()
  awaited = awaited + 1
  if awaited > many then return 1e9 end
  return math.max(0, math.ceil((begins + (awaited - 1) / per_s - now()) * 1000))
end

-- wrk asks once before it begins, only to see what a request looks like.
function request()
  if not probed then
    probed = true
    return "GET / HTTP/1.1\r\n\r\n"
  end
  last = now()
  local after = last - begins - sent / per_s
  if after > late_s then late = late + 1 end
  latest = math.max(latest, after)
  local batch, place = math.floor(sent / citizens) + 1, sent % citizens + 1
  sent = sent + 1
  return "POST /api/v1/batches/" .. batches[batch] .. "/claims HTTP/1.1\r\nHost: " .. host
    .. "\r\nAuthorization: Bearer " .. tokens[place] .. "\r\nIdempotency-Key: " .. prefixes[batch] .. place
    .. "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
end

function response(status, _, body)
  answered = answered + 1
  statuses[status] = (statuses[status] or 0) + 1
  local batch = status == 201 and body:match('"batch_id": ?"(bat_%w+)"')
  if batch then granted[batch] = (granted[batch] or 0) + 1 end
  if answered < many then return end
  io.stdout:write(string.format('RESULT {"late":%d,"latest_s":%.6f,"took_s":%.6f,"statuses":{%s},"granted":{%s}}\n',
    late, latest, last - begins, listed(statuses), listed(granted)))
  io.stdout:flush()
  wrk.thread:stop()
end

function listed(counts)
  local pairs_of = {}
  for name, times in pairs(counts) do pairs_of[#pairs_of + 1] = string.format('"%s":%d', name, times) end
  return table.concat(pairs_of, ",")
end
