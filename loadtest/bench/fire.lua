-- wrk: each line of a file is sent exactly once, then the thread waits for its answers and stops.
-- From the environment: FIRE_FIRST (line, from 0), FIRE_COUNT, FIRE_THREADS, and either FIRE_WRITTEN (a file of whole
-- requests, tabs for line ends) or FIRE_METHOD, FIRE_PATH, FIRE_HOST, FIRE_TOKENS (a file; without it requests are all
-- alike), FIRE_PREFIX (of the Idempotency-Key). What FIRE_KEEP (a pattern) catches in answers goes to FIRE_KEPT.<thread>.
local threads, numbered = {}, 0

function setup(thread)
  thread:set("id", numbered)
  numbered = numbered + 1
  threads[#threads + 1] = thread
end

function init()
  local env = os.getenv
  local first, count, share = tonumber(env("FIRE_FIRST")), tonumber(env("FIRE_COUNT")), tonumber(env("FIRE_THREADS"))
  requests, sent, answered, probed, statuses = {}, 0, 0, id ~= 0, {}
  local whole = env("FIRE_WRITTEN")
  local name = whole or env("FIRE_TOKENS")
  local lines = name and io.open(name) or nil
  for line = 0, first + count - 1 do
    local text = lines and lines:read("*l")
    if line >= first and line % share == id then
      requests[#requests + 1] = whole and text:gsub("\t", "\r\n") or written(text, line)
    end
  end
  if lines then lines:close() end
  keep = env("FIRE_KEEP")
  kept = keep and io.open(env("FIRE_KEPT") .. "." .. id, "w")
end

function written(token, line)
  local head = os.getenv("FIRE_METHOD") .. " " .. os.getenv("FIRE_PATH") .. " HTTP/1.1\r\nHost: "
    .. os.getenv("FIRE_HOST") .. "\r\n"
  if not token then return head .. "\r\n" end
  return head .. "Authorization: Bearer " .. token .. "\r\nIdempotency-Key: " .. os.getenv("FIRE_PREFIX") .. line
    .. "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
end

-- wrk asks the first thread once before it begins, only to see what a request looks like.
function request()
  if not probed then
    probed = true
    return requests[1]
  end
  sent = sent + 1
  return requests[sent] or ""
end

function response(status, _, body)
  answered = answered + 1
  statuses[status] = (statuses[status] or 0) + 1
  local caught = keep and body:match(keep)
  if caught then kept:write(caught, "\n") end
  if answered == #requests then
    if kept then kept:close() end
    io.stdout:write("thread done\n")
    io.stdout:flush()
    wrk.thread:stop()
  end
end

function done(summary, latency)
  local total = {}
  for _, thread in ipairs(threads) do
    for status, times in pairs(thread:get("statuses")) do total[status] = (total[status] or 0) + times end
  end
  local e, pairs_of = summary.errors, {}
  for status, times in pairs(total) do pairs_of[#pairs_of + 1] = string.format('"%d":%d', status, times) end
  io.stdout:write(string.format(
    'RESULT {"seconds":%.6f,"p50_us":%d,"p90_us":%d,"p99_us":%d,"max_us":%d,"lost":%d,"statuses":{%s}}\n',
    summary.duration / 1e6, latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max,
    e.connect + e.read + e.write + e.timeout, table.concat(pairs_of, ",")))
end
