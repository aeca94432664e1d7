import { robotsLines } from '../robots/lines.ts';
import { type RobotNames, type RobotsGroup, readRobots } from '../robots/robots-file.ts';

/** The groups of Spawning's ai.txt that concern us: as robots.txt, but its patterns may match anywhere in a path. */
export function readAiTxt(body: Buffer, names: RobotNames): readonly RobotsGroup[] {
  const lines = [...robotsLines(body)].map(({ name, value }) => {
    const isPath = name === 'allow' || name === 'disallow';
    return `${name}: ${isPath && /^[^/*]/.test(value) ? '*' : ''}${value}`;
  });
  return readRobots(Buffer.from(lines.join('\n'), 'latin1'), names).ours;
}
