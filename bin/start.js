'use strict';
// No older Node than the required one reads this file.

async function start() {
  const { relay } = await import('../dist/cli/relay.js');
  const relayed = await relay();
  if (relayed !== null) return relayed;
  const { main } = await import('../dist/cli/main.js');
  return main(process.argv.slice(2), process.env);
}

void start().then((exitCode) => {
  process.exitCode = exitCode;
});
