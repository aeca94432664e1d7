/** Moments are those of the server's clock, so that clocks of machines do not matter. */
const NOW = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** Keys: machines (hash), seen (sorted set by moment). Arguments: name, figures, milliseconds for which they hold. */
export const REPORT = `${NOW}
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[3])
for _, name in ipairs(gone) do
  redis.call('HDEL', KEYS[1], name)
  redis.call('ZREM', KEYS[2], name)
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], 100 * ARGV[3])
redis.call('PEXPIRE', KEYS[2], 100 * ARGV[3])
return redis.call('ZCARD', KEYS[2])`;

/** Keys: as above. Argument: milliseconds. Returns names and figures in turn. */
export const MACHINES = `${NOW}
local found = {}
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], now - ARGV[1], '+inf')) do
  table.insert(found, name)
  table.insert(found, redis.call('HGET', KEYS[1], name))
end
return found`;
