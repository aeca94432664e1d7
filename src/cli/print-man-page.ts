/** Prints the manual page; the build writes it to dist/laion-fetch.1. */
import { createProgram } from './program.ts';
import { describeCommands } from './shell/command-line.ts';
import { manPage } from './shell/man-page.ts';

const nothing = async (): Promise<void> => {};
const program = createProgram({
  download: nothing,
  plan: nothing,
  inspect: nothing,
  retry: nothing,
  verify: nothing,
  report: nothing,
  rights: nothing,
  adopt: nothing,
  merge: nothing,
  columns: nothing,
  attribution: nothing,
  recheck: nothing,
  remove: nothing,
  doctor: nothing,
  schedule: nothing,
  queue: nothing,
  completion: nothing,
});
process.stdout.write(manPage(describeCommands(program)));
