/** How many CPUs this process may use: affinity and cgroup quota, not what the host has. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const CGROUP_V2 = '/sys/fs/cgroup/cpu.max';
const CGROUP_V1 = ['/sys/fs/cgroup/cpu/cpu.cfs_quota_us', '/sys/fs/cgroup/cpu/cpu.cfs_period_us'] as const;

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null; // no such control group here: no quota from it
  }
}

/** CPUs that a quota text grants ("200000 100000" → 2), or null when it sets no limit. Source: Linux cgroup-v2.rst, cpu.max. */
export function parseQuota(text: string | null): number | null {
  if (text === null) return null;
  const [quota, period] = text.split(/\s+/).map(Number);
  if (!quota || !period || !(quota > 0) || !(period > 0)) return null;
  return quota / period;
}

/** Whole CPUs granted to this process, at least 1: the smaller of affinity and quota, rounded up. */
export function grantedCpus(): number {
  const [quota, period] = CGROUP_V1.map(readOrNull);
  const limit =
    parseQuota(readOrNull(CGROUP_V2)) ?? parseQuota(quota && period ? `${quota} ${period}` : null);
  return Math.max(
    1,
    Math.min(availableParallelism(), limit === null ? Number.POSITIVE_INFINITY : Math.ceil(limit)),
  );
}
