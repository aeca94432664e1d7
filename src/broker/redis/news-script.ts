import { MOST_KEPT, MOST_READ, type NewsCall } from '../interface/broker.ts';

/**
 * Tells and reads what machines have learnt of hosts. Each machine has one entry for a host: the newest. Moments are those
 * of the server's clock.
 *
 * Keys: texts (hash by host and machine), their places in the order of telling and the moments at which they end (sorted
 * sets), the latest place. Arguments: machine, place up to which it has read, moment (empty for the server's); then for
 * each item the host, the text and the milliseconds for which it is kept. Returns the place read up to, whether there is
 * more, and for each item its host, machine, text and age in milliseconds.
 */
export const PASS_NEWS = `
local me, since, now = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local function drop(entries)
  if #entries == 0 then return end
  redis.call('HDEL', KEYS[1], unpack(entries))
  redis.call('ZREM', KEYS[2], unpack(entries))
  redis.call('ZREM', KEYS[3], unpack(entries))
end

drop(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 1000))
local latest = tonumber(redis.call('GET', KEYS[4]) or '0')
if #ARGV > 3 then
  local texts, places, ends = {}, {}, {}
  for at = 4, #ARGV, 3 do
    local entry = ARGV[at] .. '\\n' .. me
    latest = latest + 1
    table.insert(texts, entry)
    table.insert(texts, string.format('%.0f', now) .. ':' .. ARGV[at + 1])
    table.insert(places, latest)
    table.insert(places, entry)
    table.insert(ends, now + tonumber(ARGV[at + 2]))
    table.insert(ends, entry)
  end
  redis.call('HSET', KEYS[1], unpack(texts))
  redis.call('ZADD', KEYS[2], unpack(places))
  redis.call('ZADD', KEYS[3], unpack(ends))
  redis.call('SET', KEYS[4], latest)
  local over = redis.call('ZCARD', KEYS[2]) - ${MOST_KEPT}
  if over > 0 then drop(redis.call('ZRANGE', KEYS[2], 0, over - 1)) end
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, 172800000) end
end

-- A server that has lost its data counts from 0 again.
if since > latest then since = 0 end
local found = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. since, '+inf', 'WITHSCORES', 'LIMIT', 0, ${MOST_READ})
local hasMore = #found == 2 * ${MOST_READ}
local answer = { hasMore and tonumber(found[#found]) or latest, hasMore and 1 or 0 }
if #found == 0 then return answer end
local entries = {}
for at = 1, #found, 2 do table.insert(entries, found[at]) end
for at, value in ipairs(redis.call('HMGET', KEYS[1], unpack(entries))) do
  local host, machine = string.match(entries[at], '^([^\\n]*)\\n(.*)$')
  local said, text = string.match(value, '^(%d+):(.*)$')
  table.insert(answer, host)
  table.insert(answer, machine)
  table.insert(answer, text)
  table.insert(answer, now - said)
end
return answer`;

/** The arguments of the script. `now`: a moment in milliseconds; empty for the server's clock. */
export function newsArguments({ machine, since, items }: NewsCall, now: number | ''): (string | number)[] {
  return [machine, since, now, ...items.flatMap(({ host, text, keepMs }) => [host, text, Math.ceil(keepMs)])];
}
