#!/usr/bin/env node
import { relay } from '../dist/cli/relay.js';

const relayed = await relay();
if (relayed === null) {
  const { main } = await import('../dist/cli/main.js');
  process.exitCode = await main(process.argv.slice(2), process.env);
} else process.exitCode = relayed;
