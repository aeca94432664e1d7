#!/usr/bin/env node
import { main } from '../dist/cli/main.js';
import { tuneCollector } from '../dist/util/tune-collector.js';

tuneCollector();
process.exitCode = await main(process.argv.slice(2), process.env);
