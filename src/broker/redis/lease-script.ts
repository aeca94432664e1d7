import { BASE_MS, type LeaseCall } from '../interface/broker.ts';

/**
 * Deals the connections of hosts to machines, in one call for a machine and all its hosts. Moments are those of the
 * server's clock. What is recorded for a machine is never less than what it says it may still use, so that the sum over
 * machines stays within the limit whatever becomes of the answer. Calls that arrive after a later one of the same machine
 * change nothing.
 *
 * Keys: base, order (hashes of machines). Arguments: machine, number of the call, connections to a host, milliseconds of
 * a base, milliseconds of a lease, moment (empty for the server's), prefix of the keys of hosts, connections to any host
 * that the machine may still use (below 0 if it ends); then for each host its name, the connections that the machine may still use beyond the
 * base, and those it wants. Returns the base and the connections to each host beyond it; nothing for an outdated call.
 */
export const LEASE = `
local me, call, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local now = tonumber(ARGV[6])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
if tonumber(redis.call('HGET', KEYS[2], me) or '0') >= call then return {} end
local ends = tonumber(ARGV[8]) < 0
if ends then redis.call('HDEL', KEYS[2], me)
else
  redis.call('HSET', KEYS[2], me, call)
  redis.call('PEXPIRE', KEYS[2], 2 * ARGV[4])
end

-- What others have: a list of {name, held, wanted}, and the sum of what they hold.
local function others(key)
  local found, sum = {}, 0
  local flat = redis.call('HGETALL', key)
  for at = 1, #flat, 2 do
    local held, wanted, ends = string.match(flat[at + 1], '(%d+):(%d+):(%d+)')
    if tonumber(ends) <= now then redis.call('HDEL', key, flat[at])
    elseif flat[at] ~= me then
      table.insert(found, { flat[at], tonumber(held), tonumber(wanted) })
      sum = sum + tonumber(held)
    end
  end
  return found, sum
end

local function record(key, held, wanted, ms)
  if held == 0 and wanted == 0 then redis.call('HDEL', key, me)
  else
    redis.call('HSET', key, me, held .. ':' .. wanted .. ':' .. string.format('%.0f', now + ms))
    redis.call('PEXPIRE', key, ms)
  end
end

-- An equal share for each machine, as far as it wants it. If machines are more than connections, they take turns of 30 s.
local function share(found, wanted, count)
  if wanted == 0 then return 0 end
  local all = { { me, 0, wanted } }
  for _, one in ipairs(found) do
    if one[3] > 0 then table.insert(all, one) end
  end
  if #all > count then
    table.sort(all, function(a, b) return a[1] < b[1] end)
    local turn = math.floor(now / 30000) * count
    for at, one in ipairs(all) do
      if one[1] == me then return (at - 1 - turn) % #all < count and 1 or 0 end
    end
  end
  table.sort(all, function(a, b)
    if a[3] ~= b[3] then return a[3] < b[3] end
    return a[1] < b[1]
  end)
  local left = count
  for at, one in ipairs(all) do
    local gets = math.min(one[3], math.floor(left / (#all - at + 1)))
    if one[1] == me then return gets end
    left = left - gets
  end
end

-- Half of the limit is for bases, which hold for every host; the rest is dealt host by host.
local bases = math.floor(limit / 2)
local known, taken = others(KEYS[1])
local base = math.min(math.max(1, math.floor(bases / (#known + 1))), math.max(0, bases - taken))
if ends then record(KEYS[1], 0, 0, 0)
else record(KEYS[1], math.max(base, tonumber(ARGV[8])), 1, tonumber(ARGV[4])) end

local granted = { base }
for at = 9, #ARGV, 3 do
  local key, held, wanted = ARGV[7] .. ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local gets = 0
  if wanted > 0 then
    local found, sum = others(key)
    local free = limit - bases - sum
    if free > 0 then gets = math.min(share(found, wanted, limit - bases), free) end
  end
  record(key, math.max(held, gets), wanted, tonumber(ARGV[5]))
  table.insert(granted, gets)
end
return granted`;

/** The arguments of the script. `now`: a moment in milliseconds; empty for the server's clock. */
export function leaseArguments(call: LeaseCall, prefix: string, now: number | ''): (string | number)[] {
  const { machine, call: number, limit, leaseMs, base, hosts } = call;
  const needs = hosts.flatMap(({ host, held, wanted }) => [host, held, wanted]);
  return [machine, number, limit, BASE_MS, leaseMs, now, prefix, base, ...needs];
}
