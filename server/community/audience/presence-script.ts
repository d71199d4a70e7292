/**
 * What Redis does with the sightings of one server, as one step: takes them, forgets who has gone,
 * and says how many watch. The same rules as `seats.ts` and `sketch-ring.ts`, over keys of one
 * stream; Redis's own HyperLogLog is of the same kind and size as `sketch.ts`.
 *
 * KEYS[1] begins all keys. ARGV: the time in milliseconds or '' for Redis's own, the timeout, the
 * most seats, the length of a slot in milliseconds, the number of slots, the broadcast on air here or
 * '', how many members have left, are pages, are devices; then their names: session and device,
 * session and device, device. Answers: the count, 1 if it is exact, the different viewers of the
 * broadcast, and its id.
 */
export const PRESENCE_SCRIPT = `
local base, now = KEYS[1], tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local timeout, most = tonumber(ARGV[2]), tonumber(ARGV[3])
local slot, slots = tonumber(ARGV[4]), tonumber(ARGV[5])
local kept, at = 600000, 10
local pages, on, devices = base .. 'pages', base .. 'on', base .. 'devices'

local function take(count, width)
  local taken = {}
  for index = 1, tonumber(count) do
    taken[index] = { ARGV[at], width == 2 and ARGV[at + 1] or nil }
    at = at + width
  end
  return taken
end
local lefts, seen, fetched = take(ARGV[7], 2), take(ARGV[8], 2), take(ARGV[9], 1)

local function slotkey(kind, number) return base .. 'slot:' .. kind .. ':' .. number end
local function sketch(kind, member, ms)
  local key = slotkey(kind, math.floor(ms / slot))
  redis.call('PFADD', key, member)
  redis.call('PEXPIRE', key, kept)
end

local forsaken, refused = {}, false
for _, left in ipairs(lefts) do
  local device = redis.call('HGET', on, left[1])
  if device then forsaken[device] = true end
  forsaken[left[2]] = true
  redis.call('HDEL', on, left[1])
  redis.call('ZREM', pages, left[1])
end
-- Who was seen in the future was seen before the clock was set back.
for _, gone in ipairs({ { '-inf', now - timeout }, { now + timeout, '+inf' } }) do
  for _, session in ipairs(redis.call('ZRANGEBYSCORE', pages, gone[1], gone[2])) do
    redis.call('HDEL', on, session)
    redis.call('ZREM', pages, session)
  end
  redis.call('ZREMRANGEBYSCORE', devices, gone[1], gone[2])
end
for _, page in ipairs(seen) do
  local device = redis.call('HGET', on, page[1])
  if device or redis.call('ZCARD', pages) < most then
    if device and device ~= page[2] then forsaken[device] = true end
    redis.call('HSET', on, page[1], page[2])
    redis.call('ZADD', pages, now, page[1])
  else
    refused = true
  end
end
for _, device in ipairs(fetched) do
  if redis.call('ZSCORE', devices, device[1]) or redis.call('ZCARD', devices) < most then
    redis.call('ZADD', devices, now, device[1])
  else
    refused = true
  end
end
local covered = {}
for _, device in ipairs(redis.call('HVALS', on)) do covered[device] = true end
for device in pairs(forsaken) do
  if not covered[device] then redis.call('ZREM', devices, device) end
end

local many = tonumber(redis.call('GET', base .. 'many') or '')
local sketching = many and math.abs(now - many) < timeout
if refused and not sketching then
  local all = redis.call('ZRANGE', pages, 0, -1, 'WITHSCORES')
  for index = 1, #all, 2 do
    sketch('p', all[index], tonumber(all[index + 1]))
    sketch('d', redis.call('HGET', on, all[index]), tonumber(all[index + 1]))
  end
  all = redis.call('ZRANGE', devices, 0, -1, 'WITHSCORES')
  for index = 1, #all, 2 do sketch('h', all[index], tonumber(all[index + 1])) end
end
if refused then redis.call('SET', base .. 'many', now, 'PX', kept) end
sketching = sketching or refused
if sketching then
  for _, left in ipairs(lefts) do
    sketch('p', left[1], now)
    sketch('l', left[1], now)
  end
  for _, page in ipairs(seen) do
    sketch('p', page[1], now)
    sketch('d', page[2], now)
  end
  for _, device in ipairs(fetched) do sketch('h', device[1], now) end
end

local before, broadcast, unique = redis.call('GET', base .. 'broadcast'), ARGV[6], 0
local total = base .. 'total:'
if broadcast ~= '' and before ~= broadcast then
  for _, session in ipairs(redis.call('ZRANGE', pages, 0, -1)) do
    redis.call('PFADD', total .. broadcast .. ':p', session)
    redis.call('PFADD', total .. broadcast .. ':d', redis.call('HGET', on, session))
  end
  for _, device in ipairs(redis.call('ZRANGE', devices, 0, -1)) do
    redis.call('PFADD', total .. broadcast .. ':h', device)
  end
end
if broadcast ~= '' then
  redis.call('SET', base .. 'broadcast', broadcast, 'PX', timeout)
else
  broadcast = before or ''
end
if broadcast ~= '' then
  local p, d, h = total .. broadcast .. ':p', total .. broadcast .. ':d', total .. broadcast .. ':h'
  for _, page in ipairs(seen) do
    redis.call('PFADD', p, page[1])
    redis.call('PFADD', d, page[2])
  end
  for _, device in ipairs(fetched) do redis.call('PFADD', h, device[1]) end
  for _, key in ipairs({ p, d, h }) do redis.call('PEXPIRE', key, 86400000) end
  unique = redis.call('PFCOUNT', p) + redis.call('PFCOUNT', h, d) - redis.call('PFCOUNT', d)
end
for _, key in ipairs({ pages, on, devices }) do redis.call('PEXPIRE', key, kept) end

if not sketching then
  local count = redis.call('ZCARD', pages)
  for _, device in ipairs(redis.call('ZRANGE', devices, 0, -1)) do
    if not covered[device] then count = count + 1 end
  end
  return { count, 1, unique, broadcast }
end
local keys = { p = {}, l = {}, d = {}, hd = {} }
for number = math.floor(now / slot) - slots + 1, math.floor(now / slot) do
  for _, kind in ipairs({ 'p', 'l', 'd' }) do table.insert(keys[kind], slotkey(kind, number)) end
  table.insert(keys.hd, slotkey('d', number))
  table.insert(keys.hd, slotkey('h', number))
end
local function size(kind) return redis.call('PFCOUNT', unpack(keys[kind])) end
local count = math.max(0, size('p') - size('l')) + math.max(0, size('hd') - size('d'))
return { count, 0, unique, broadcast }
`;
