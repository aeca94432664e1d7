import type { LeaseCall } from '../interface/broker.ts';
import { BASE_MS, TURN_MS, WAIT_MS } from '../interface/lease-rule.ts';

/** Names of the script's keys, in order; those of what single machines hold follow the last one. */
export const LEASE_KEYS = ['callers', 'live', 'bases', 'deal', 'hosts', 'leasing', 'held'] as const;

/**
 * Deals the connections of hosts to machines by the rule of `interface/lease-rule.ts`, in one call for a machine and some of
 * its hosts. Moments are those of the server's clock. What is recorded for a machine is never less than what it says it may
 * still use, so that the sum over machines stays within the limit whatever becomes of the answer.
 *
 * Keys: callers (hash: number and latest call of a machine by its name), live and leasing (sorted sets: numbers by the
 * moments at which all and the leases of a machine end), bases (hash), deal (hash), hosts (hash: what all machines have
 * leased), held (prefix of hashes: what one machine has leased).
 *
 * Arguments: machine, number of the call, connections to a host, milliseconds of a lease, moment (empty for the server's),
 * connections to any host that the machine may still use (below 0 if it ends); then for each host its name, the further
 * connections that the machine may still use, and those it wants. Returns whether the machine was unknown, the base and the
 * leased connections to each host; nothing for an outdated call.
 */
export const LEASE = `
local limit, lease_ms, claimed = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[6])
local now = tonumber(ARGV[5])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local match, min, max = string.match, math.min, math.max

local me, last = match(redis.call('HGET', KEYS[1], ARGV[1]) or '', '(%d+) (%d+)')
if last and tonumber(last) >= tonumber(ARGV[2]) then return {} end
me = me or tostring(redis.call('HINCRBY', KEYS[1], '', 1))
redis.call('HSET', KEYS[1], ARGV[1], me .. ' ' .. ARGV[2])

-- What has ended in silence.
for _, one in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('ZREM', KEYS[2], one)
  redis.call('HDEL', KEYS[3], one)
end
for _, one in ipairs(redis.call('ZRANGEBYSCORE', KEYS[6], '-inf', now)) do
  local flat = redis.call('HGETALL', KEYS[7] .. one)
  for at = 1, #flat, 2 do
    local sum, beyond, waits = match(redis.call('HGET', KEYS[5], flat[at]) or '0 0 0', '(%d+) (%d+) (%d+)')
    local held, reserved = match(flat[at + 1], '(%d+) (%d+)')
    if tonumber(sum) > tonumber(held) then
      redis.call('HSET', KEYS[5], flat[at], (sum - held) .. ' ' .. (beyond - held + reserved) .. ' ' .. waits)
    else redis.call('HDEL', KEYS[5], flat[at]) end
  end
  redis.call('DEL', KEYS[7] .. one)
  redis.call('ZREM', KEYS[6], one)
end

-- The machines of the run, and what each of them may have of any host.
local is_new = not redis.call('ZSCORE', KEYS[2], me)
local machines = redis.call('ZCARD', KEYS[2]) + (is_new and 1 or 0)
local each = machines <= limit and max(1, math.floor(limit / 2 / machines)) or 0
local deal = redis.call('HMGET', KEYS[4], 'each', 'safe', 'last')
local safe, last_end = tonumber(deal[2] or 0), tonumber(deal[3] or 0)
if is_new or each > tonumber(deal[1] or 0) then safe = max(safe, last_end) end
local reserve, others_bases = each * (machines - 1), 0
local bases = redis.call('HGETALL', KEYS[3])
for at = 1, #bases, 2 do
  if bases[at] ~= me then
    others_bases = others_bases + bases[at + 1]
    reserve = reserve + max(0, bases[at + 1] - each)
  end
end
local base = min(each, max(0, limit - reserve))
if now < safe then base = min(base, max(0, claimed)) end
local own = max(0, base, claimed)
if claimed < 0 then
  redis.call('ZREM', KEYS[2], me)
  own = 0
else redis.call('ZADD', KEYS[2], now + (own > 0 and ${BASE_MS} or lease_ms), me) end
if own > 0 then redis.call('HSET', KEYS[3], me, own) else redis.call('HDEL', KEYS[3], me) end

local names = {}
for at = 7, #ARGV, 3 do names[#names + 1] = ARGV[at] end
local sums, holds = {}, {}
if #names > 0 then
  sums = redis.call('HMGET', KEYS[5], unpack(names))
  holds = redis.call('HMGET', KEYS[7] .. me, unpack(names))
end
-- Connections of a host that are not reserved, those of the reserve that I have to lease, and an equal share.
local pool, pending = limit - reserve - max(own, each), max(0, each - own)
local fair = max(0, math.floor(pool / machines))
local share = max(1, fair)
local granted, changed, ended, kept, left = { is_new and 1 or 0, base }, {}, {}, {}, {}
for place, host in ipairs(names) do
  local held, wanted = tonumber(ARGV[4 + 3 * place + 1]), tonumber(ARGV[4 + 3 * place + 2])
  -- Of all machines: leased connections, those that are not of a reserve, and until when one waits for more.
  local sum, beyond, waits = match(sums[place] or '0 0 0', '(%d+) (%d+) (%d+)')
  -- Mine: leased connections, those of my reserve, and the begin of my turn.
  local before, reserved, since = match(holds[place] or '0 0 0', '(%d+) (%d+) (%d+)')
  sum, beyond, waits, since = sum - before, beyond - before + reserved, tonumber(waits), tonumber(since)
  local gets, waited = wanted, waits
  if wanted > 0 then
    if waits > now then
      gets = min(wanted, max(held, share + pending))
      local most = held > share + pending and share + pending or (fair == 0 and pending or held)
      if most < held and since > 0 and now - since >= ${TURN_MS} then
        gets, waits, since = min(wanted, most), 0, now
      end
    end
    gets = min(gets, pending + max(0, pool - beyond), limit - others_bases - own - sum)
    gets = max(0, gets)
    if waits == waited and gets < min(wanted, share + pending) and waits < now + ${WAIT_MS / 2} then
      waits = now + ${WAIT_MS}
    end
  end
  granted[#granted + 1] = gets
  local recorded = max(held, gets)
  if gets == 0 then since = 0 elseif since == 0 then since = now end
  if recorded > 0 then
    last_end = max(last_end, now + lease_ms)
    kept[#kept + 1] = host
    kept[#kept + 1] = recorded .. ' ' .. min(recorded, pending) .. ' ' .. since
  elseif holds[place] then left[#left + 1] = host end
  sum, beyond = sum + recorded, beyond + max(0, recorded - pending)
  local entry = sum .. ' ' .. beyond .. ' ' .. waits
  if sum == 0 and waits <= now then
    if sums[place] then ended[#ended + 1] = host end
  elseif entry ~= sums[place] then
    changed[#changed + 1] = host
    changed[#changed + 1] = entry
  end
end
local function write(command, key, values)
  for from = 1, #values, 1000 do
    redis.call(command, key, unpack(values, from, min(from + 999, #values)))
  end
end
write('HSET', KEYS[5], changed)
write('HDEL', KEYS[5], ended)
write('HSET', KEYS[7] .. me, kept)
write('HDEL', KEYS[7] .. me, left)
if redis.call('EXISTS', KEYS[7] .. me) == 1 then redis.call('ZADD', KEYS[6], now + lease_ms, me)
else redis.call('ZREM', KEYS[6], me) end
redis.call('HSET', KEYS[4], 'each', each, 'safe', safe, 'last', last_end)
for at = 1, 6 do redis.call('PEXPIRE', KEYS[at], ${2 * BASE_MS}) end
redis.call('PEXPIRE', KEYS[7] .. me, ${2 * BASE_MS})
return granted`;

/** Key: hosts. Returns each host, its leased connections, and whether machines wait for more, in turn. */
export const LEASED = `
local now = tonumber(redis.call('TIME')[1]) * 1000
local found = {}
local flat = redis.call('HGETALL', KEYS[1])
for at = 1, #flat, 2 do
  local sum, waits = string.match(flat[at + 1], '(%d+) %d+ (%d+)')
  for _, value in ipairs({ flat[at], tonumber(sum), tonumber(waits) > now and 1 or 0 }) do
    found[#found + 1] = value
  end
end
return found`;

/** The arguments of the script. `now`: a moment in milliseconds; empty for the server's clock. */
export function leaseArguments(call: LeaseCall, now: number | ''): (string | number)[] {
  const { machine, call: number, limit, leaseMs, base, hosts } = call;
  const needs = hosts.flatMap(({ host, held, wanted }) => [host, held, wanted]);
  return [machine, number, limit, leaseMs, now, base, ...needs];
}
