import { randomInt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { check } from '../check.ts';
import { describeEnd, type SoakMachine, startMachine } from './machine.ts';
import type { Place } from './place.ts';
import { PER_HOST, peakOf, type SoakWeb } from './soak-web.ts';

const PARTS = 4;
const FROZEN_MS = 20_000;

interface PartSoak {
  readonly web: SoakWeb;
  readonly place: Place;
  readonly kills: number;
}

/**
 * Four parts, each killed, ended and started again, here and as another machine, also while it runs; one is frozen while
 * another machine does its work. At last, finished parts run again.
 */
export async function soakParts({ web, place, kills }: PartSoak): Promise<void> {
  const { index, flags, box } = web;
  let hosts = 0;
  const start = (part: number, where: 'here' | 'elsewhere'): SoakMachine => {
    if (where === 'elsewhere') hosts += 1;
    const host = where === 'here' ? undefined : `machine-${hosts}`;
    const args = [index, '--output', place.output, ...flags, '--part', `${part}/${PARTS}`];
    return startMachine({ args, env: place.env, host });
  };
  const parts = Array.from({ length: PARTS }, (_, part) => start(part, 'here'));
  const twins: SoakMachine[] = [];
  const isRefused = async (part: number): Promise<void> => {
    const running = parts[part];
    await running?.shows('run started').catch(() => {});
    const end = await start(part, 'here').result;
    if (running?.hasEnded() === false)
      check(`a part that runs here is refused: ${describeEnd(end)}`, end.code === 7);
  };

  for (let kill = 1; kill <= kills; kill += 1) {
    await setTimeout(randomInt(2_000, 5_000));
    const part = randomInt(PARTS);
    const old = parts[part];
    switch (kill % 4) {
      case 1:
        await isRefused(part);
        old?.kill('SIGKILL');
        parts[part] = start(part, 'here');
        break;
      case 2:
        // Another machine begins the part while this one still works, which dies later.
        parts[part] = start(part, 'elsewhere');
        await setTimeout(1_000);
        old?.kill('SIGKILL');
        break;
      case 3:
        if (old !== undefined) twins.push(old);
        parts[part] = start(part, 'elsewhere');
        break;
      default:
        old?.kill('SIGTERM');
        await old?.result;
        parts[part] = start(part, 'here');
    }
  }
  const most = Math.max(1, Math.floor(PER_HOST / PARTS)) * (PARTS + twins.length + 1);
  check(`at most ${most} connections to a host: ${peakOf(box)}`, peakOf(box) <= most);
  const [frozen] = parts;
  await frozen?.shows('run started').catch(() => {});
  check('a part is frozen at work', frozen?.hasEnded() === false);
  frozen?.kill('SIGSTOP');
  const instead = start(0, 'elsewhere');
  await Promise.all([...parts.slice(1), ...twins].map(({ result }) => result));
  await Promise.race([instead.result, setTimeout(FROZEN_MS)]);
  frozen?.kill('SIGCONT');
  const ends = await Promise.all([...parts, ...twins, instead].map(({ result }) => result));
  for (const end of ends) {
    const isKilled = end.signal === 'SIGKILL' || end.code === 143;
    check(`a part ends with ${describeEnd(end)}`, end.code === 0 || isKilled);
  }
  box.reset();
  for (let part = 0; part < PARTS; part += 1) {
    const end = await start(part, part % 2 === 0 ? 'here' : 'elsewhere').result;
    check(`a finished part runs again and ends with ${describeEnd(end)}`, end.code === 0);
  }
  check('finished parts ask nobody', Object.keys(box.stats().hosts).length === 0);
}
