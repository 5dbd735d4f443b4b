/**
 * The script that looks after many BullMQ queues in one command. It reads BullMQ's own keys, and puts right what BullMQ
 * leaves to clocks: Redis and Node keep deadlines as times of day, so a clock that is set back keeps locks alive and
 * jobs waiting for as long as it was set back. No deadline may lie further ahead than it was set for.
 */

/**
 * ARGV: the longest a lock may last and the longest that a check for stalled jobs may be put off, milliseconds; then
 * the queues' prefixes. Returns the queues that hold anything: place, jobs to be taken, jobs being worked on, place, …
 */
export const LOOK = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local slack = 1000
  local found = {}
  for place = 3, #ARGV do
    local prefix = ARGV[place]
    local waiting = redis.call('LLEN', prefix .. 'wait')
    local delayed = redis.call('ZRANGE', prefix .. 'delayed', 0, 99, 'WITHSCORES')
    for index = 1, #delayed, 2 do
      local due = math.floor(delayed[index + 1] / 4096)
      local delay = tonumber(redis.call('HGET', prefix .. delayed[index], 'delay') or 0)
      if due <= now then
        waiting = waiting + 1
        if due > 0 then redis.call('ZADD', prefix .. 'delayed', 'XX', 0, delayed[index]) end
      elseif due > now + delay + slack then
        redis.call('ZADD', prefix .. 'delayed', 'XX', (now + delay) * 4096, delayed[index])
      end
    end
    local active = redis.call('LRANGE', prefix .. 'active', 0, 999)
    for index, id in ipairs(active) do
      if redis.call('PTTL', prefix .. id .. ':lock') > tonumber(ARGV[1]) + slack then
        redis.call('PEXPIRE', prefix .. id .. ':lock', ARGV[1])
      end
    end
    if #active > 0 and redis.call('PTTL', prefix .. 'stalled-check') > tonumber(ARGV[2]) + slack then
      redis.call('DEL', prefix .. 'stalled-check')
    end
    if waiting + #active > 0 then
      found[#found + 1] = place - 3
      found[#found + 1] = waiting
      found[#found + 1] = #active
    end
  end
  return found`;
