import { memoryMiB, parseStat, processCpuMs, threadCpuMs } from '@scry/stress/proc/usage';

test("a command with spaces and brackets does not shift the fields of a process's line", () => {
  const numbers = Array.from({ length: 40 }, (_, index) => index + 4).join(' ');
  expect(parseStat(`12 (a) b (c) S ${numbers}`)).toEqual({
    command: 'a) b (c',
    parent: 4,
    ownTicks: 14 + 15,
    childTicks: 16 + 17,
  });
});

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux("Linux's accounting", () => {
  test('sees the CPU time of this process, by thread, and its memory', async () => {
    const before = processCpuMs(process.pid);
    const since = process.cpuUsage();
    const usedMs = ({ user, system } = process.cpuUsage(since)) => (user + system) / 1000;
    while (usedMs() < 120) Math.sqrt(since.user); // CPU time, not time: other processes may take turns
    expect(processCpuMs(process.pid) - before).toBeGreaterThan(50);
    expect(threadCpuMs(process.pid).get(process.pid)).toBeGreaterThan(0);
    expect(memoryMiB(process.pid)).toBeGreaterThan(10);
  });

  test('says nothing of a process that is gone', () => {
    expect(processCpuMs(2 ** 22 + 1)).toBe(0);
    expect(memoryMiB(2 ** 22 + 1)).toBe(0);
  });
});
